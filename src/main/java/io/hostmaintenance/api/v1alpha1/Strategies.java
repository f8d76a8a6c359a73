package io.hostmaintenance.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/**
 * What may be done with instances that Nova cannot simply move, by their state. Null: what the
 * operator's own default says.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Strategies(
    @ValidationRule(
            value = "self in ['Move', 'Stop', 'Skip']",
            message = "strategies.active must be Move, Stop or Skip")
        @JsonPropertyDescription(
            "Instances that run: Move (default) live, or cold with liveMigrate false; Stop (with scope Running only) stops them until this resource is deleted; Skip leaves them.")
        String active,
    @ValidationRule(
            value = "self in ['Report', 'Cold', 'Stop']",
            message = "strategies.fallback must be Report, Cold or Stop")
        @JsonPropertyDescription(
            "Running instances whose live migration failed maxAttempts times, other than for want of a host: Report (default); Cold stops, moves and starts them; Stop (with scope Running only) stops them until this resource is deleted.")
        String fallback,
    @ValidationRule(
            value = "self in ['Live', 'RepauseAndLive', 'Skip']",
            message = "strategies.paused must be Live, RepauseAndLive or Skip")
        @JsonPropertyDescription(
            "Paused instances: Live (default) moves them paused, but none twice; RepauseAndLive lets the guest of the latter run for about a second before; Skip leaves them.")
        String paused,
    @ValidationRule(
            value = "self in ['Cold', 'Skip']",
            message = "strategies.stopped must be Cold or Skip")
        @JsonPropertyDescription(
            "Stopped instances: Cold (default) moves them, and they stay off; Skip leaves them.")
        String stopped,
    @ValidationRule(
            value = "self in ['Report', 'ResumeLiveSuspend', 'Skip']",
            message = "strategies.suspended must be Report, ResumeLiveSuspend or Skip")
        @JsonPropertyDescription(
            "Suspended instances: Report (default); ResumeLiveSuspend lets the guest run for about a second on each host, and it comes out suspended; Skip leaves them.")
        String suspended,
    @ValidationRule(
            value = "self in ['Report', 'UnrescueLive', 'Skip']",
            message = "strategies.rescued must be Report, UnrescueLive or Skip")
        @JsonPropertyDescription(
            "Instances in rescue: Report (default); UnrescueLive ends the rescue, which cannot be taken back, and moves them; Skip leaves them.")
        String rescued,
    @ValidationRule(
            value = "self in ['Report', 'Offload', 'Skip']",
            message = "strategies.shelved must be Report, Offload or Skip")
        @JsonPropertyDescription(
            "Shelved instances: Report (default); Offload deletes the disk here for good and keeps the image made when they were shelved; Skip leaves them.")
        String shelved,
    @ValidationRule(
            value = "self in ['Report', 'Delete', 'Skip']",
            message = "strategies.softDeleted must be Report, Delete or Skip")
        @JsonPropertyDescription(
            "Soft-deleted instances: Report (default); Delete deletes them for good; Skip leaves them.")
        String softDeleted,
    @ValidationRule(
            value = "self in ['Report', 'Recover', 'Skip']",
            message = "strategies.error must be Report, Recover or Skip")
        @JsonPropertyDescription(
            "Instances in ERROR: Report (default); Recover sets the state of those whose guest runs to active and moves them live, stops the others and moves them cold, which cannot be taken back; Skip leaves them.")
        String error,
    @ValidationRule(
            value = "self in ['Report', 'ConfirmMigration', 'ConfirmAll', 'Skip']",
            message =
                "strategies.unconfirmedResize must be Report, ConfirmMigration, ConfirmAll or Skip")
        @JsonPropertyDescription(
            "Resizes and migrations of others that wait to be confirmed: Report (default); ConfirmMigration confirms migrations; ConfirmAll resizes too, which their owners can revert no more; Skip leaves them.")
        String unconfirmedResize,
    @ValidationRule(
            value = "self in ['Move', 'Skip']",
            message = "strategies.locked must be Move or Skip")
        @JsonPropertyDescription(
            "Locked instances: Move (default) moves them live or cold and changes them in no other way; Skip leaves them.")
        String locked) {

  /** Nothing is said. */
  public static final Strategies NONE =
      new Strategies(null, null, null, null, null, null, null, null, null, null, null);

  /** What holds where nobody says anything: instances are moved as they are, or reported. */
  public static final Strategies DEFAULT =
      new Strategies(
          "Move", "Report", "Live", "Cold", "Report", "Report", "Report", "Report", "Report",
          "Report", "Move");

  /** The values that each field may have, as its rule in the CRD lists them; by its name. */
  public static Map<String, List<String>> values() {
    return Map.ofEntries(
        Map.entry("active", List.of("Move", "Stop", "Skip")),
        Map.entry("fallback", List.of("Report", "Cold", "Stop")),
        Map.entry("paused", List.of("Live", "RepauseAndLive", "Skip")),
        Map.entry("stopped", List.of("Cold", "Skip")),
        Map.entry("suspended", List.of("Report", "ResumeLiveSuspend", "Skip")),
        Map.entry("rescued", List.of("Report", "UnrescueLive", "Skip")),
        Map.entry("shelved", List.of("Report", "Offload", "Skip")),
        Map.entry("softDeleted", List.of("Report", "Delete", "Skip")),
        Map.entry("error", List.of("Report", "Recover", "Skip")),
        Map.entry("unconfirmedResize", List.of("Report", "ConfirmMigration", "ConfirmAll", "Skip")),
        Map.entry("locked", List.of("Move", "Skip")));
  }

  /** What is said by field; null where a field is not in the map. */
  public static Strategies of(Map<String, String> said) {
    return new Strategies(
        said.get("active"),
        said.get("fallback"),
        said.get("paused"),
        said.get("stopped"),
        said.get("suspended"),
        said.get("rescued"),
        said.get("shelved"),
        said.get("softDeleted"),
        said.get("error"),
        said.get("unconfirmedResize"),
        said.get("locked"));
  }

  /** These, and where one is null that of the others. */
  public Strategies over(Strategies others) {
    return new Strategies(
        active == null ? others.active : active,
        fallback == null ? others.fallback : fallback,
        paused == null ? others.paused : paused,
        stopped == null ? others.stopped : stopped,
        suspended == null ? others.suspended : suspended,
        rescued == null ? others.rescued : rescued,
        shelved == null ? others.shelved : shelved,
        softDeleted == null ? others.softDeleted : softDeleted,
        error == null ? others.error : error,
        unconfirmedResize == null ? others.unconfirmedResize : unconfirmedResize,
        locked == null ? others.locked : locked);
  }
}
