package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.Grant.Offer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.openstack4j.api.types.ServiceType;

/**
 * Where a cloud's services are: at the override, or at the one endpoint of the catalog that has the
 * service's type, the interface and the region; never anywhere else.
 *
 * @param cloud whose
 */
record Endpoints(CloudConfig cloud) {

  /**
   * A service's URL.
   *
   * @throws NovaException CONFIGURATION when there is none, more than one, or none of use
   */
  String find(Grant token, ServiceType service) {
    return findOptional(token, service)
        .orElseThrow(
            () ->
                Failures.configuration(
                    "The catalog of cloud %s has no %s endpoint of type %s%s (regions: %s);"
                        + " correct region_name or interface in %s, or set %s_endpoint_override.",
                    cloud.name(),
                    cloud.facing(service).value(),
                    type(service),
                    cloud.region(service).map(r -> " in region " + r).orElse(""),
                    regions(token),
                    cloud.file(),
                    type(service)));
  }

  /**
   * A service's URL; empty when the cloud has none.
   *
   * @throws NovaException CONFIGURATION when there is more than one, or none of use
   */
  Optional<String> findOptional(Grant token, ServiceType service) {
    var override =
        service == ServiceType.PLACEMENT ? cloud.placementEndpoint() : cloud.computeEndpoint();
    if (override.isPresent()) {
      return Optional.of(
          usable(
              override.get(),
              "%s_endpoint_override of cloud %s in %s"
                  .formatted(type(service), cloud.name(), cloud.file()),
              "correct it"));
    }
    var urls = urls(token, service);
    if (urls.size() > 1) {
      throw Failures.configuration(
          "The catalog of cloud %s has more than one %s endpoint of type %s (regions: %s); set"
              + " region_name in %s.",
          cloud.name(), cloud.facing(service).value(), type(service), regions(token), cloud.file());
    }
    return urls.stream().findFirst();
  }

  /** Those of use; one that is of none is told of where there is no other. */
  private List<String> urls(Grant token, ServiceType service) {
    var written =
        token.offers().stream()
            .filter(offer -> type(service).equals(offer.service()))
            .filter(offer -> cloud.facing(service).value().equals(offer.facing()))
            .filter(
                offer ->
                    cloud.region(service).isEmpty() || cloud.region(service).equals(offer.region()))
            .map(Offer::url)
            .toList();
    var usable = written.stream().filter(ServiceUrl::isOne).toList();
    return (usable.isEmpty() ? written : usable)
        .stream()
            .map(
                url ->
                    usable(
                        url,
                        "The %s endpoint of type %s in the catalog of cloud %s"
                            .formatted(cloud.facing(service).value(), type(service), cloud.name()),
                        "correct it in Keystone or set %s_endpoint_override in %s"
                            .formatted(type(service), cloud.file())))
            .distinct()
            .toList();
  }

  private static String usable(String url, String what, String wayOut) {
    try {
      return ServiceUrl.parse(url).text();
    } catch (IllegalArgumentException e) {
      var sentence =
          "%s is \"%s\", which cannot be used: %s; %s."
              .formatted(what, shown(url), e.getMessage(), wayOut);
      throw Failures.configuration("%s", Reply.clean(sentence));
    }
  }

  /** Without what may hold a secret. */
  private static String shown(String url) {
    return url.replaceFirst("//[^/]*@", "//***@").replaceFirst("[?#].*", "");
  }

  private static String regions(Grant token) {
    return token.offers().stream()
        .map(offer -> Reply.clean(offer.region().orElse("none")))
        .distinct()
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /** The type of a service in the catalog, with which its settings in clouds.yaml begin, too. */
  static String type(ServiceType service) {
    return service == ServiceType.PLACEMENT ? "placement" : "compute";
  }
}
