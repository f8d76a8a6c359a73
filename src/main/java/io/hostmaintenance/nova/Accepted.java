package io.hostmaintenance.nova;

import java.util.Optional;

/**
 * Nova's answer to a {@link Command} that it accepted.
 *
 * @param requestId the request id of Nova's reply; always there for a {@link Command.ServerAction}
 * @param service the service as Nova answers it, for a {@link Command.OnService}; empty for others
 */
public record Accepted(Optional<String> requestId, Optional<ComputeService> service) {}
