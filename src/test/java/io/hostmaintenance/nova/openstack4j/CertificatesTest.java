package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clouds whose certificates nobody signed but themselves. */
class CertificatesTest {

  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir static Path directory;

  private static Certificate here;
  private static Certificate other;
  private static Certificate elsewhere;

  @BeforeAll
  static void makeCertificates() throws Exception {
    here = certificate("here", "ip:127.0.0.1");
    other = certificate("other", "ip:127.0.0.1");
    elsewhere = certificate("elsewhere", "dns:cloud.example.org");
  }

  @Test
  void certificateThatNobodyNamesIsRefused() throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertRefused(nova(cloud));
    }
  }

  @Test
  void certificateThatCacertNamesIsTrusted() throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertThat(nova(cloud, "    cacert: " + here.pem() + "\n").identity()).isNotNull();
    }
  }

  @Test
  void bundleMayHoldSeveralCertificates() throws Exception {
    var bundle = directory.resolve("bundle.pem");
    Files.writeString(bundle, Files.readString(other.pem()) + Files.readString(here.pem()));
    try (var cloud = new StubCloud(here.context())) {
      assertThat(nova(cloud, "    cacert: " + bundle + "\n").identity()).isNotNull();
    }
  }

  @Test
  void certificateOtherThanTheNamedOneIsRefused() throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertRefused(nova(cloud, "    cacert: " + other.pem() + "\n"));
    }
  }

  @Test
  void certificateForAnotherHostIsRefused() throws Exception {
    try (var cloud = new StubCloud(elsewhere.context())) {
      assertRefused(nova(cloud, "    cacert: " + elsewhere.pem() + "\n"));
    }
  }

  @Test
  void nobodyIsRefusedWithoutVerification() throws Exception {
    try (var cloud = new StubCloud(elsewhere.context())) {
      assertThat(nova(cloud, "    verify: false\n").identity()).isNotNull();
    }
  }

  @Test
  void missingVerificationIsToldAtEveryLogin() throws Exception {
    try (var cloud = new StubCloud(elsewhere.context());
        var logs = new Logs()) {
      var nova = nova(cloud, "    verify: false\n");
      cloud.on("GET", "/compute/v2.1/os-services", 200, "{\"services\": []}");
      nova.computeServices();
      cloud.revokeTokens();
      nova.computeServices();

      assertThat(logs.at(Level.WARN))
          .filteredOn(line -> line.contains("are not verified"))
          .hasSize(2)
          .allMatch(line -> line.contains("verify: false"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "    insecure: true\n",
        "    verify: ''\n",
        "    verify: null\n",
        "    verify: []\n",
        "    Verify: false\n",
        "    cert: none\n"
      })
  void nothingElseSwitchesVerificationOff(String setting) throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertRefused(nova(cloud, setting));
    }
  }

  @Test
  void noVariableSwitchesVerificationOff() throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertRefused(
          OpenStackCloud.nova(
              Map.of(
                  "OS_CLIENT_CONFIG_FILE", cloud.cloudsYaml(directory).toString(),
                  "OS_INSECURE", "true",
                  "OS_VERIFY", "false",
                  "PYTHONHTTPSVERIFY", "0"),
              InstantSource.system()));
    }
  }

  @Test
  void fileWithoutCertificatesIsAMatterOfConfiguration() throws Exception {
    var empty = Files.writeString(directory.resolve("empty.pem"), "no certificate\n");
    try (var cloud = new StubCloud(here.context())) {
      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(() -> nova(cloud, "    cacert: " + empty + "\n").identity())
          .withMessageContaining("holds no usable PEM certificates")
          .matches(e -> e.kind() == Kind.CONFIGURATION);
    }
  }

  private static void assertRefused(Nova nova) {
    assertThatExceptionOfType(NovaException.class)
        .isThrownBy(nova::identity)
        .withMessageContaining("TLS: ")
        .matches(e -> e.kind() == Kind.UNAVAILABLE && !e.outcomeUnknown());
  }

  private Nova nova(StubCloud cloud, String... settings) {
    return StubCloud.nova(cloud.cloudsYaml(directory, settings), InstantSource.system());
  }

  private record Certificate(SSLContext context, Path pem) {}

  private static Certificate certificate(String name, String subject) throws Exception {
    var file = directory.resolve(name + ".p12");
    keytool(
        "-genkeypair -alias c -keyalg EC -dname CN=%s -validity 2 -ext san=%s -keystore %s"
            .formatted(name, subject, file));
    var store = KeyStore.getInstance(file.toFile(), PASSWORD);
    var pem = directory.resolve(name + ".pem");
    Files.writeString(
        pem,
        "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
            .formatted(
                Base64.getMimeEncoder().encodeToString(store.getCertificate("c").getEncoded())));
    return new Certificate(context(store), pem);
  }

  private static SSLContext context(KeyStore keys) throws GeneralSecurityException {
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD);
    var context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  private static void keytool(String arguments) throws IOException, InterruptedException {
    var tool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    var command = (tool + " " + arguments + " -storetype PKCS12 -storepass changeit").split(" ");
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
  }
}
