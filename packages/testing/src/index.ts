/** Generators, laws, contract suites, saboteurs and a simulator for Linli hosts and adapters. */
export {};
