"""The live page as its users meet it: the app as a process, a browser with a camera, visitors without one."""
