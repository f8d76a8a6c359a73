package io.hostmaintenance.api.v1alpha1;

/** Why something stands as it does: one word for programs and one sentence for people. */
public record Cause(Reason reason, String message) {}
