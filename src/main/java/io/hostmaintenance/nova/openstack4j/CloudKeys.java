package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.EditDistance;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The keys of a cloud in clouds.yaml (openstacksdk config/loader.py, keystoneauth's plugins). */
final class CloudKeys {

  /** Of every way to log in. */
  private static final Set<String> LOGIN =
      words(
          """
          auth_url username user_name user_id user_domain_id user_domain_name project_id
          project_name tenant_id tenant_name project_domain_id project_domain_name domain_id
          domain_name system_scope trust_id
          """);

  /** Of one way to log in each. */
  private static final Set<String> PASSWORD = Set.of("password");

  private static final Set<String> ANY_VERSION = Set.of("default_domain_id", "default_domain_name");

  private static final Set<String> APPLICATION_CREDENTIAL =
      Set.of(
          "application_credential_id",
          "application_credential_name",
          "application_credential_secret");

  private static final Set<String> OF_SOME_LOGIN =
      union(
          List.of(
              LOGIN,
              PASSWORD,
              ANY_VERSION,
              APPLICATION_CREDENTIAL,
              Set.of("token", "auth_token", "passcode")));

  private static final Set<String> HONOURED =
      words(
          """
          auth auth_type auth_plugin region_name regions interface endpoint_type verify
          insecure cacert cert key profile cloud compute_endpoint_override
          placement_endpoint_override
          """);

  private static final Set<String> IGNORED =
      words(
          """
          additional_metric_tags api_timeout app_name app_version auth_methods cache client
          connect_retries connect_retry_delay disable_vendor_agent external_network
          floating_ip_source force_ipv4 image_api_use_tasks image_format internal_network
          log_config log_file log_level message metrics networks prefer_ipv6 private
          requires_floating_ip retriable_status_codes secgroup_source status
          status_code_retries status_code_retry_delay timeout timing use_direct_get
          vendor_hook verbose_level
          """);

  private static final Pattern OF_A_SERVICE =
      Pattern.compile(
          "([a-z0-9_]+)_(api_version|connect_retries|connect_retry_delay|default_microversion"
              + "|disabled_reason|endpoint|endpoint_override|endpoint_type|interface|region_name"
              + "|retriable_status_codes|service_name|service_type|status_code_retries"
              + "|status_code_retry_delay|timeout)");

  private static final List<String> OUR_SERVICES = List.of("compute", "placement");

  private CloudKeys() {}

  /** The keys of {@code auth} that a way to log in takes. */
  static Set<String> login(String authType) {
    return switch (authType) {
      case "password" -> union(List.of(LOGIN, PASSWORD, ANY_VERSION));
      case "v3password" -> union(List.of(LOGIN, PASSWORD));
      default -> union(List.of(LOGIN, APPLICATION_CREDENTIAL));
    };
  }

  /** Whether some way to log in takes this key. */
  static boolean ofSomeLogin(String key) {
    return OF_SOME_LOGIN.contains(key);
  }

  /** Whether this key stands beside {@code auth}. */
  static boolean besideAuth(String key) {
    var service = OF_A_SERVICE.matcher(key);
    return HONOURED.contains(key)
        || IGNORED.contains(key)
        || key.startsWith("has_")
        || service.matches() && nearest(service.group(1), OUR_SERVICES).isEmpty();
  }

  /** The key that may be meant by one that is unknown; empty when none is near. */
  static Optional<String> meant(String key) {
    var service = OF_A_SERVICE.matcher(key);
    return service.matches()
        ? nearest(service.group(1), OUR_SERVICES).map(near -> near + "_" + service.group(2))
        : nearest(key, union(List.of(OF_SOME_LOGIN, HONOURED, IGNORED)));
  }

  /** Another word that differs in two letters at most. */
  private static Optional<String> nearest(String word, Collection<String> known) {
    ToIntFunction<String> distance =
        candidate -> EditDistance.between(word.toLowerCase(Locale.ROOT), candidate);
    return known.stream()
        .filter(candidate -> !candidate.equals(word) && distance.applyAsInt(candidate) <= 2)
        .min(Comparator.comparingInt(distance).thenComparing(Comparator.naturalOrder()));
  }

  private static Set<String> words(String text) {
    return Set.of(text.split("\\s"));
  }

  private static Set<String> union(List<Set<String>> sets) {
    return sets.stream().flatMap(Set::stream).collect(Collectors.toSet());
  }
}
