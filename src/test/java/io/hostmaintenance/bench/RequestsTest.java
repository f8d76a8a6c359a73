package io.hostmaintenance.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.fakecloud.http.Request;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestsTest {

  private static Request request(String method, String path, String query, String body) {
    return new Request(method, path, query, Map.of(), body);
  }

  @ParameterizedTest
  @CsvSource({
    "/v2.1/os-services, binary=nova-compute, GET /os-services?binary",
    "/v2.1/servers/detail, host=a&all_tenants=1&limit=500, GET /servers/detail?host",
    "/v2.1/servers/0b1c7d6e-1111-4222-8333-444455556666, , GET /servers/{id}",
    "/v2.1/servers/0b1c7d6e-1111-4222-8333-444455556666/migrations/12, ,"
        + " GET /servers/{id}/migrations/{id}",
    "/v2.1/servers/0b1c7d6e-1111-4222-8333-444455556666/os-instance-actions/"
        + "req-0b1c7d6e-1111-4222-8333-444455556666, , GET /servers/{id}/os-instance-actions/{id}",
    "/placement/resource_providers/0b1c7d6e-1111-4222-8333-444455556666/allocations, ,"
        + " GET /placement/resource_providers/{id}/allocations",
    "/v3/auth/tokens, , GET /v3/auth/tokens"
  })
  void namesAnOperationByItsPathWithoutIdsAndItsParameters(
      String path, String query, String operation) {
    assertThat(Requests.operation(request("GET", path, query, ""))).isEqualTo(operation);
  }

  @Test
  void namesTheActionOfAServer() {
    var path = "/v2.1/servers/0b1c7d6e-1111-4222-8333-444455556666/action";

    assertThat(Requests.operation(request("POST", path, null, "{\"os-migrateLive\":{}}")))
        .isEqualTo("POST /servers/{id}/action os-migrateLive");
  }

  @Test
  void addsUpRequestsAndBytesOfAnOperation() {
    var requests = new Requests();
    requests.add(request("GET", "/v2.1/servers/1", null, ""), 10);
    requests.add(request("GET", "/v2.1/servers/2", null, ""), 5);

    assertThat(requests.sums())
        .containsExactly(Map.entry("GET /servers/{id}", new Requests.Sum(2, 15)));
  }

  @Test
  void countsFromNothingAfterClear() {
    var requests = new Requests();
    requests.add(request("GET", "/v2.1/servers/1", null, ""), 10);
    requests.clear();

    assertThat(requests.sums()).isEmpty();
  }
}
