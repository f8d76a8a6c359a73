package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which way the cloud is reached; the right answers are those of Python's requests. */
class ProxiesTest {

  private static final String SERVICES = "/compute/v2.1/os-services";

  @TempDir static Path directory;

  @ParameterizedTest
  @CsvSource({
    "https_proxy, https://cloud.example.org:5000/v3, true",
    "HTTPS_PROXY, https://cloud.example.org:5000/v3, true",
    "http_proxy, https://cloud.example.org:5000/v3, false",
    "http_proxy, http://cloud.example.org:5000/v3, true",
    "HTTP_PROXY, http://cloud.example.org:5000/v3, true",
    "https_proxy, http://cloud.example.org:5000/v3, false",
    "all_proxy, http://cloud.example.org:5000/v3, true",
    "ALL_PROXY, https://cloud.example.org:5000/v3, true",
    "HTTPS_PROXY, https://127.0.0.1:5000/v3, true",
    "HTTPS_PROXY, https://localhost:5000/v3, true",
    "Https_Proxy, https://cloud.example.org:5000/v3, false",
  })
  void urlSchemeChoosesTheProxyVariable(String variable, String url, boolean proxied) {
    assertThat(new Proxies(Map.of(variable, "http://proxy:3128")).proxyFor(URI.create(url)))
        .isEqualTo(
            proxied
                ? Optional.of(new Proxies.Proxy("proxy", 3128, Optional.empty()))
                : Optional.empty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          *                            | https://cloud.example.org/      | true
          cloud.example.org            | https://cloud.example.org/      | true
          CLOUD.example.ORG            | https://Cloud.Example.org/      | true
          example.org                  | https://cloud.example.org/      | true
          .example.org                 | https://cloud.example.org/      | true
          .example.org                 | https://example.org/            | true
          example.com, example.org     | https://cloud.example.org/      | true
          cloud.example.org:5000       | https://cloud.example.org:5000/ | true
          cloud.example.org:5000       | https://cloud.example.org:8774/ | false
          example.org.com              | https://cloud.example.org/      | false
          *.example.org                | https://cloud.example.org/      | false
          example.com,*                | https://cloud.example.org/      | false
          10.0.0.5                     | https://10.0.0.5:5000/          | true
          10.0.0.5:5000                | https://10.0.0.5:5000/          | true
          10.0.0.5:8774                | https://10.0.0.5:5000/          | false
          10.0.0.50                    | https://10.0.0.5:5000/          | false
          0.0.5                        | https://10.0.0.5:5000/          | false
          10.0.0.0/8                   | https://10.7.8.9:5000/          | true
          10.0.0.0/255.0.0.0           | https://10.7.8.9:5000/          | true
          10.0.0.0/16                  | https://10.7.8.9:5000/          | false
          0.0.0.0/0                    | https://10.7.8.9:5000/          | true
          10.7.8.9/32                  | https://10.7.8.9:5000/          | true
          10.0.0.0/8                   | https://cloud.example.org/      | false
          localhost                    | https://localhost:5000/         | true
          localhost                    | https://127.0.0.1:5000/         | false
          ::1                          | https://[::1]:5000/             | true
          nova_api                     | https://nova_api:5000/          | true
          """)
  void noProxyListsTheHostsThatAreReachedDirectly(String listed, String url, boolean straight) {
    for (var name : new String[] {"no_proxy", "NO_PROXY"}) {
      assertThat(
              new Proxies(Map.of("https_proxy", "proxy:3128", name, listed))
                  .proxyFor(URI.create(url))
                  .isEmpty())
          .isEqualTo(straight);
    }
  }

  @Test
  void lowerCaseVariableTakesPrecedenceEvenWhenItIsEmpty() {
    assertThat(
            new Proxies(Map.of("https_proxy", "", "HTTPS_PROXY", "proxy:3128"))
                .proxyFor(URI.create("https://cloud.example.org/")))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "proxy, proxy, 80, ",
    "proxy:3128, proxy, 3128, ",
    "http://proxy:3128/, proxy, 3128, ",
    "HTTP://proxy, proxy, 80, ",
    "http://[::1]:3128, ::1, 3128, ",
    "http://ann:p%40ss%3Aword@proxy:3128, proxy, 3128, ann:p@ss:word",
    "ann:pass+word@proxy:3128, proxy, 3128, ann:pass+word",
    "http://ann@proxy, proxy, 80, ann:",
  })
  void proxyUrlIsReadWithUserAndPassword(
      String written, String host, int port, String credentials) {
    assertThat(
            new Proxies(Map.of("https_proxy", written))
                .proxyFor(URI.create("https://cloud.example.org/")))
        .contains(new Proxies.Proxy(host, port, Optional.ofNullable(credentials).map(Secret::new)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "socks5://ann:planted@proxy:1080",
        "https://ann:planted@proxy:443",
        "http://ann:planted@proxy:99999",
        "http://ann:planted@"
      })
  void invalidProxyIsRejectedAndItsPasswordIsNotQuoted(String written) {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(
            () ->
                new Proxies(Map.of("https_proxy", written))
                    .proxyFor(URI.create("https://cloud.example.org/")))
        .withMessageStartingWith("The variable HTTPS_PROXY ")
        .matches(e -> e.kind() == Kind.CONFIGURATION && !e.getMessage().contains("planted"));
  }

  // On the wire

  @Test
  void httpsCloudIsReachedThroughAConnectTunnel() throws Exception {
    var here = TrustTest.certificate(directory, "tunnel", "ip:127.0.0.1");
    try (var cloud = new StubCloud(here.context()).on("GET", SERVICES, 200, "{\"services\": []}");
        var proxy = new ForwardProxy(null)) {
      var file = cloud.cloudsYaml(directory, "    cacert: " + here.pem() + "\n");

      assertThat(nova(file, "HTTPS_PROXY", "http://127.0.0.1:" + proxy.port()).computeServices())
          .isEmpty();
      assertThat(proxy.asked())
          .isNotEmpty()
          .allMatch(a -> a.line().startsWith("CONNECT " + cloud.url().substring(8)));
    }
  }

  @Test
  void proxyCredentialsAreSentToTheProxyAndNeverToTheCloud() throws Exception {
    var here = TrustTest.certificate(directory, "paid", "ip:127.0.0.1");
    try (var cloud = new StubCloud(here.context()).on("GET", SERVICES, 200, "{\"services\": []}");
        var proxy = new ForwardProxy("Basic YW5uOnBsYW50ZWQ=");
        var logs = new Logs()) {
      var file = cloud.cloudsYaml(directory, "    cacert: " + here.pem() + "\n");
      var nova = nova(file, "HTTPS_PROXY", "http://ann:planted@127.0.0.1:" + proxy.port());

      assertThat(nova.computeServices()).isEmpty();
      assertThat(cloud.requests()).allMatch(r -> r.header("Proxy-Authorization") == null);
      assertThat(logs.text()).doesNotContain("ann:planted");
    }
  }

  @Test
  void proxyThatRequiresAPasswordIsNamed() throws Exception {
    var here = TrustTest.certificate(directory, "wanted", "ip:127.0.0.1");
    try (var cloud = new StubCloud(here.context());
        var proxy = new ForwardProxy("Basic YW5uOnBsYW50ZWQ=")) {
      var nova =
          nova(cloud.cloudsYaml(directory), "HTTPS_PROXY", "http://127.0.0.1:" + proxy.port());

      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(nova::identity)
          .withMessageEndingWith(": refused by the proxy 127.0.0.1:%s (HTTP 407).", proxy.port());
    }
  }

  @Test
  void httpCloudIsReachedByAProxyRequest() throws Exception {
    try (var cloud = new StubCloud().on("GET", SERVICES, 200, "{\"services\": []}");
        var proxy = new ForwardProxy("Basic YW5uOnBsYW50ZWQ=")) {
      var nova =
          nova(
              cloud.cloudsYaml(directory),
              "http_proxy",
              "http://ann:planted@127.0.0.1:" + proxy.port());

      assertThat(nova.computeServices()).isEmpty();
      assertThat(proxy.asked().getFirst().line())
          .isEqualTo("POST " + cloud.url() + "/v3/auth/tokens HTTP/1.1");
    }
  }

  @Test
  void unreachableProxyIsNamed() throws Exception {
    try (var cloud = new StubCloud()) {
      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(
              () -> nova(cloud.cloudsYaml(directory), "http_proxy", "127.0.0.1:1").identity())
          .withMessageEndingWith(": could not connect by the proxy 127.0.0.1:1.");
    }
  }

  @Test
  void noProxyHostIsReachedDirectly() throws Exception {
    try (var cloud = new StubCloud().on("GET", SERVICES, 200, "{\"services\": []}")) {
      var nova =
          StubCloud.nova(
              cloud.cloudsYaml(directory),
              InstantSource.system(),
              Map.of("HTTP_PROXY", "127.0.0.1:1", "NO_PROXY", "127.0.0.0/8"));

      assertThat(nova.computeServices()).isEmpty();
    }
  }

  private static Nova nova(Path file, String variable, String value) {
    return StubCloud.nova(file, InstantSource.system(), Map.of(variable, value));
  }
}
