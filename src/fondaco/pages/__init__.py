"""The house's own pages: plain HTML, CSS and JavaScript, nothing loaded from elsewhere."""
