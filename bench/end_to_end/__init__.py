"""The whole road: a real server process, and a load process that speaks to it over sockets as clients do."""
