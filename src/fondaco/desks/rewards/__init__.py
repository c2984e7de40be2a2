"""The rewards desk: programmes, purchases, awards and settlements over HTTP under /rewards/."""
