package io.hostmaintenance.drain;

import io.hostmaintenance.api.v1alpha1.Reason;

/** Why the resource cannot be carried out: one word and one sentence with the way out. */
record Cause(Reason reason, String message) {}
