package io.hostmaintenance.fakecloud.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.fakecloud.Caller;
import io.hostmaintenance.fakecloud.Cloud;
import io.hostmaintenance.fakecloud.LiveMigrationRequest;
import io.hostmaintenance.fakecloud.Operation;
import io.hostmaintenance.fakecloud.Refused;
import io.hostmaintenance.fakecloud.VmState;
import java.util.Set;

/**
 * {@code POST /servers/{id}/action}: the body is validated before anything else, as Nova's
 * decorators do.
 */
final class ServerActions {
  private static final Set<String> BLOCK_MIGRATION =
      Set.of("true", "True", "TRUE", "on", "1", "yes", "false", "False", "FALSE", "off", "0", "no");

  private final Cloud cloud;
  private final Caller caller;
  private final Microversion version;

  ServerActions(Cloud cloud, Caller caller, Microversion version) {
    this.cloud = cloud;
    this.caller = caller;
    this.version = version;
  }

  Reply act(String id, String name, JsonNode body) {
    switch (name) {
      case "os-migrateLive" -> liveMigrate(id, body);
      case "migrate" -> migrate(id, body);
      case "confirmResize" -> {
        cloud.confirmResize(caller, id);
        return Reply.json(204, null);
      }
      case "revertResize" -> cloud.revertResize(caller, id);
      case "os-resetState" -> resetState(id, body);
      case "lock" -> lock(id, body);
      case "unlock" -> cloud.unlock(caller, id);
      case "pause" -> cloud.perform(caller, id, Operation.PAUSE);
      case "unpause" -> cloud.perform(caller, id, Operation.UNPAUSE);
      case "suspend" -> cloud.perform(caller, id, Operation.SUSPEND);
      case "resume" -> cloud.perform(caller, id, Operation.RESUME);
      case "os-stop" -> cloud.perform(caller, id, Operation.STOP);
      case "os-start" -> cloud.perform(caller, id, Operation.START);
      case "reboot" -> cloud.perform(caller, id, Operation.REBOOT);
      case "rescue" -> {
        cloud.perform(caller, id, Operation.RESCUE);
        return Reply.json(200, Json.object("adminPass", "simulated"));
      }
      case "unrescue" -> cloud.perform(caller, id, Operation.UNRESCUE);
      case "shelve" -> cloud.perform(caller, id, Operation.SHELVE);
      case "shelveOffload" -> cloud.perform(caller, id, Operation.SHELVE_OFFLOAD);
      case "unshelve" -> cloud.perform(caller, id, Operation.UNSHELVE);
      case "restore" -> cloud.perform(caller, id, Operation.RESTORE);
      case "forceDelete" -> cloud.perform(caller, id, Operation.DELETE);
      case "evacuate", "resize", "rebuild", "createImage", "changePassword" ->
          throw new Refused(501, "The simulator does not play " + name + ".");
      default -> throw Refused.badRequest("There is no such action: %s", name);
    }
    return Reply.json(202, null);
  }

  private void liveMigrate(String id, JsonNode body) {
    var schema =
        Schema.object()
            .required("host", ServerActions::hostOrNull, "does not match '^[a-zA-Z0-9-._]*$'")
            .required("block_migration", this::blockMigration, "is not one of the allowed values");
    if (!version.atLeast(25)) {
      schema.required("disk_over_commit", ServerActions::bool, "is not a boolean");
    }
    if (version.atLeast(30) && !version.atLeast(68)) {
      schema.optional("force", ServerActions::bool, "is not a boolean");
    }
    schema.check("os-migrateLive", body);
    var host = body.get("host").textValue();
    var force = body.path("force").asBoolean();
    if (force && host == null) {
      throw Refused.badRequest("Can't force to a non-provided destination");
    }
    var forced = host != null && (force || !version.atLeast(30));
    var block = body.get("block_migration").asText();
    var mayCopyDisks = !Set.of("false", "False", "FALSE", "off", "0", "no").contains(block);
    cloud.liveMigrate(
        caller, id, new LiveMigrationRequest(host, forced, mayCopyDisks, !version.atLeast(34)));
  }

  private void migrate(String id, JsonNode body) {
    if (version.atLeast(56) && !body.isNull()) {
      Schema.object()
          .optional("host", ServerActions::hostOrNull, "does not match '^[a-zA-Z0-9-._]*$'")
          .check("migrate", body);
    }
    var host = version.atLeast(56) ? body.path("host").textValue() : null;
    cloud.migrate(caller, id, host);
  }

  private void resetState(String id, JsonNode body) {
    Schema.object()
        .required(
            "state",
            node -> Set.of("active", "error").contains(node.asText()),
            "is not one of ['active', 'error']")
        .check("os-resetState", body);
    cloud.resetState(
        caller, id, body.get("state").asText().equals("active") ? VmState.ACTIVE : VmState.ERROR);
  }

  private void lock(String id, JsonNode body) {
    if (!body.isNull() && version.atLeast(73)) {
      Schema.object()
          .optional("locked_reason", JsonNode::isTextual, "is not of type 'string'")
          .check("lock", body);
    }
    cloud.lock(caller, id, body.path("locked_reason").textValue());
  }

  private static boolean hostOrNull(JsonNode node) {
    return node.isNull() || node.isTextual() && node.textValue().matches("[a-zA-Z0-9\\-._]{1,255}");
  }

  private boolean blockMigration(JsonNode node) {
    return bool(node) || version.atLeast(25) && node.asText().equals("auto");
  }

  private static boolean bool(JsonNode node) {
    return node.isBoolean() || node.isTextual() && BLOCK_MIGRATION.contains(node.textValue());
  }
}
