"""The rewards desk's part of the core: purchases, awards and merchant settlement."""
