"""Rules that turn the people of a stream into events. They read no clock: the time comes with the frames."""
