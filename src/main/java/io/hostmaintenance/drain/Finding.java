package io.hostmaintenance.drain;

/** Why the resource cannot be carried out: one word and one sentence with the way out. */
record Finding(Reason reason, String message) {}
