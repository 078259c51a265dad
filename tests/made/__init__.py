"""Made pictures and clips whose truth is known: no photograph but one of a public-domain portrait."""
