package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.net.URL;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.model.identity.v3.Endpoint;
import org.openstack4j.model.identity.v3.Service;
import org.openstack4j.model.identity.v3.Token;

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
   * @throws NovaException CONFIGURATION when there is none or more than one
   */
  String find(Token token, ServiceType service) {
    return findOptional(token, service)
        .orElseThrow(
            () ->
                new NovaException(
                    Kind.CONFIGURATION,
                    ("The catalog of cloud %s has no %s endpoint of type %s%s (regions: %s);"
                            + " correct region_name or interface in %s, or set"
                            + " %s_endpoint_override.")
                        .formatted(
                            cloud.name(),
                            cloud.facing(service).value(),
                            type(service),
                            cloud.region(service).map(r -> " in region " + r).orElse(""),
                            regions(token),
                            cloud.file(),
                            type(service))));
  }

  /**
   * A service's URL; empty when the cloud has none.
   *
   * @throws NovaException CONFIGURATION when there is more than one
   */
  Optional<String> findOptional(Token token, ServiceType service) {
    var override =
        service == ServiceType.PLACEMENT ? cloud.placementEndpoint() : cloud.computeEndpoint();
    if (override.isPresent()) {
      return override;
    }
    var urls =
        endpoints(token, entry -> type(service).equals(entry.getType()))
            .filter(endpoint -> endpoint.getIface() == cloud.facing(service))
            .filter(
                endpoint ->
                    cloud.region(service).stream().allMatch(r -> r.equals(region(endpoint))))
            .map(Endpoint::getUrl)
            .filter(Objects::nonNull)
            .map(URL::toString)
            .distinct()
            .toList();
    if (urls.size() > 1) {
      throw new NovaException(
          Kind.CONFIGURATION,
          ("The catalog of cloud %s has more than one %s endpoint of type %s (regions: %s); set"
                  + " region_name in %s.")
              .formatted(
                  cloud.name(),
                  cloud.facing(service).value(),
                  type(service),
                  regions(token),
                  cloud.file()));
    }
    return urls.stream().findFirst();
  }

  private static String regions(Token token) {
    return endpoints(token, entry -> true)
        .map(Endpoints::region)
        .distinct()
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static Stream<? extends Endpoint> endpoints(Token token, Predicate<Service> wanted) {
    List<? extends Service> catalog = token.getCatalog() == null ? List.of() : token.getCatalog();
    return catalog.stream()
        .filter(Objects::nonNull)
        .filter(wanted)
        .map(Service::getEndpoints)
        .filter(Objects::nonNull)
        .flatMap(List::stream)
        .filter(Objects::nonNull);
  }

  private static String region(Endpoint endpoint) {
    return String.valueOf(
        endpoint.getRegionId() == null ? endpoint.getRegion() : endpoint.getRegionId());
  }

  private static String type(ServiceType service) {
    return service == ServiceType.PLACEMENT ? "placement" : "compute";
  }
}
