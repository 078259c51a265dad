"""Does anything knock it over? Mutated inputs, injected faults and long runs, with their figures."""
