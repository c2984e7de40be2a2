"""The desks: each speaks one protocol to its clients and turns it into commands of the house."""
