"""The rewards desk: reward programmes over HTTP."""
