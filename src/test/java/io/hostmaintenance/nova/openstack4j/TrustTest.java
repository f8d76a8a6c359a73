package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clouds whose certificates nobody signed but themselves. */
class TrustTest {

  private static final char[] PASSWORD = "changeit".toCharArray();

  private static final String TEXT = "Bag Attributes\n    localKeyID: 01 02\n# my - own\n";

  private static final String BROKEN =
      "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

  @TempDir static Path directory;

  private static Certificate here;
  private static Certificate other;
  private static Certificate elsewhere;

  @BeforeAll
  static void makeCertificates() throws Exception {
    here = certificate(directory, "here", "ip:127.0.0.1");
    other = certificate(directory, "other", "ip:127.0.0.1");
    elsewhere = certificate(directory, "elsewhere", "dns:cloud.example.org");
  }

  @Test
  void selfSignedCertificateIsRejected() throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertRefused(nova(cloud));
    }
  }

  @Test
  void certificateInCacertIsTrusted() throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertThat(nova(cloud, "    cacert: " + here.pem() + "\n").identity()).isNotNull();
    }
  }

  @Test
  void cacertBundleMayContainSeveralCertificates() throws Exception {
    var bundle = directory.resolve("bundle.pem");
    Files.writeString(bundle, Files.readString(other.pem()) + Files.readString(here.pem()));
    try (var cloud = new StubCloud(here.context())) {
      assertThat(nova(cloud, "    cacert: " + bundle + "\n").identity()).isNotNull();
    }
  }

  @Test
  void certificateThatCacertLacksIsRejected() throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertRefused(nova(cloud, "    cacert: " + other.pem() + "\n"));
    }
  }

  @Test
  void certificateForAnotherHostNameIsRejected() throws Exception {
    try (var cloud = new StubCloud(elsewhere.context())) {
      assertRefused(nova(cloud, "    cacert: " + elsewhere.pem() + "\n"));
    }
  }

  @Test
  void anyCertificateIsAcceptedWithVerifyFalse() throws Exception {
    try (var cloud = new StubCloud(elsewhere.context())) {
      assertThat(nova(cloud, "    verify: false\n").identity()).isNotNull();
    }
  }

  @Test
  void verifyFalseIsLoggedAsAWarningAtEveryLogin() throws Exception {
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
      strings = {"insecure: true", "insecure: yes", "verify: no", "verify: Off", "verify: 'false'"})
  void verificationIsDisabledByEveryDocumentedSpelling(String setting) throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertThat(nova(cloud, "    " + setting + "\n").identity()).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "verify: ''",
        "verify: null",
        "verify: []",
        "verify: 0",
        "verify: 'no'",
        "Verify: false",
        "insecure: 'yes'",
        "insecure: 1"
      })
  void ambiguousVerifySettingIsRejectedAndNamed(String setting) throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(() -> nova(cloud, "    " + setting + "\n").identity())
          .withMessageContaining(setting.replaceFirst(":.*", ""))
          .matches(e -> e.kind() == Kind.CONFIGURATION);
      assertThat(cloud.requests()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"EC, PRIVATE KEY", "RSA, PRIVATE KEY", "EC, EC PRIVATE KEY", "RSA, RSA PRIVATE KEY"})
  void clientCertificateIsSentToTheCloud(String algorithm, String kind) throws Exception {
    var client = store(directory, "client" + algorithm + kind.length(), algorithm, "dns:client");
    var key = Files.writeString(directory.resolve("client.key"), pem(client, kind));
    try (var cloud = cloudThatAsksFor(client)) {
      assertThat(
              nova(cloud, certAndKey(certificatePem(directory, client, "client.pem"), key))
                  .identity())
          .isNotNull();
    }
  }

  @Test
  void clientCertificateWithAnEd25519KeyIsSentToTheCloud() throws Exception {
    var client = store(directory, "ed25519", "Ed25519", "dns:client");
    assertShown(client, certificate(client), pem(client, "PRIVATE KEY"));
  }

  @Test
  void certificatesThatVouchForTheClientAreSentToo() throws Exception {
    var sign = "-genkeypair -keyalg EC -validity 2 -keystore " + directory.resolve("chain.p12");
    keytool(sign + " -alias root -dname CN=root -ext bc:c");
    keytool(sign + " -alias between -dname CN=between -ext bc:c -signer root");
    keytool(sign + " -alias client -dname CN=client -signer between");
    var chain = KeyStore.getInstance(directory.resolve("chain.p12").toFile(), PASSWORD);
    var client = KeyStore.getInstance("PKCS12");
    client.load(null, null);
    client.setKeyEntry(
        "c", chain.getKey("client", PASSWORD), PASSWORD, chain.getCertificateChain("client"));
    var both =
        certificate(client) + pem("CERTIFICATE", chain.getCertificate("between").getEncoded());
    try (var cloud = cloudThatTrusts(chain.getCertificate("root"))) {
      assertShown(cloud, both, pem(client, "PRIVATE KEY"));
    }
  }

  @ParameterizedTest
  @CsvSource({"EC, PRIVATE KEY", "RSA, PRIVATE KEY", "EC, EC PRIVATE KEY", "RSA, RSA PRIVATE KEY"})
  void clientFilesMayHaveTheLineEndsOfWindows(String algorithm, String kind) throws Exception {
    var client = store(directory, "lines" + algorithm + kind.length(), algorithm, "dns:client");
    assertShown(client, crlf(certificate(client)), crlf(pem(client, kind)));
  }

  @Test
  void textAroundTheClientCertificateAndItsKeyIsSkipped() throws Exception {
    var client = store(directory, "text", "RSA", "dns:client");
    assertShown(
        client,
        TEXT + certificate(client) + TEXT,
        TEXT + pem(client, "RSA PRIVATE KEY") + "subject=CN = client");
  }

  @Test
  void keyFileMayAlsoHoldTheCertificateAndTheCurve() throws Exception {
    var client = store(directory, "more", "EC", "dns:client");
    assertShown(
        client,
        certificate(client),
        certificate(client)
            + "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
            + pem(client, "EC PRIVATE KEY"));
  }

  @Test
  void clientCertificateAndKeyMayShareOneFile() throws Exception {
    var client = store(directory, "both", "EC", "dns:client");
    var both = certificatePem(directory, client, "both.pem");
    Files.writeString(both, pem(client, "PRIVATE KEY") + Files.readString(both));
    try (var cloud = cloudThatAsksFor(client)) {
      assertThat(nova(cloud, "    verify: false\n", "    cert: " + both + "\n").identity())
          .isNotNull();
    }
  }

  @Test
  void cloudThatRequiresAClientCertificateIsUnavailableWithoutOne() throws Exception {
    try (var cloud = cloudThatAsksFor(store(directory, "asked", "EC", "dns:client"))) {
      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(() -> nova(cloud, "    verify: false\n").identity())
          .matches(e -> e.kind() == Kind.UNAVAILABLE);
    }
  }

  @Test
  void keyOfAnotherCertificateIsRejected() throws Exception {
    var one = certificatePem(directory, store(directory, "one", "EC", "dns:client"), "one.pem");
    var another = store(directory, "another", "EC", "dns:client");
    var key = Files.writeString(directory.resolve("another.key"), pem(another, "PRIVATE KEY"));
    assertRefusedAs("no private key in PEM that fits the certificate", certAndKey(one, key));
  }

  @Test
  void encryptedKeyIsRejectedWithTheCommandThatHelps() throws Exception {
    var client = store(directory, "encrypted", "EC", "dns:client");
    var key =
        Files.writeString(directory.resolve("encrypted.key"), pem(client, "ENCRYPTED PRIVATE KEY"));
    assertRefusedAs(
        "decrypt it with", certAndKey(certificatePem(directory, client, "encrypted.pem"), key));
  }

  @ParameterizedTest
  @CsvSource({"EC, EC PRIVATE KEY", "RSA, RSA PRIVATE KEY"})
  void keyThatAnOlderToolEncryptedIsRejectedWithTheCommandThatHelps(String algorithm, String kind)
      throws Exception {
    var client = store(directory, "older" + algorithm, algorithm, "dns:client");
    var encrypted = "$1Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011223344556677\n\n";
    var key =
        Files.writeString(
            directory.resolve("older.key"),
            pem(client, kind).replaceFirst("(-----BEGIN .*\n)", encrypted));
    assertRefusedAs(
        "decrypt it with", certAndKey(certificatePem(directory, client, "older.pem"), key));
  }

  @ParameterizedTest
  @CsvSource({
    "PRIVATE KEY, AAAA",
    "PRIVATE KEY, ''",
    "EC PRIVATE KEY, AAAA",
    "RSA PRIVATE KEY, MAA=",
    "RSA PRIVATE KEY, ''",
    "RSA PRIVATE KEY, A",
    "RSA PRIVATE KEY, MAA"
  })
  void keyThatIsNoKeyIsRejected(String kind, String content) throws Exception {
    var cert =
        certificatePem(
            directory, store(directory, "no" + System.nanoTime(), "RSA", "dns:client"), "no.pem");
    var key =
        Files.writeString(
            directory.resolve("no.key"),
            "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, content, kind));
    assertRefusedAs("no private key in PEM that fits the certificate", certAndKey(cert, key));
  }

  @Test
  void keyOfAnotherKindThanTheCertificateIsRejected() throws Exception {
    var rsa =
        certificatePem(directory, store(directory, "kindRsa", "RSA", "dns:client"), "rsa.pem");
    var ec = store(directory, "kindEc", "EC", "dns:client");
    for (var kind : new String[] {"PRIVATE KEY", "EC PRIVATE KEY"}) {
      var key = Files.writeString(directory.resolve("ec.key"), pem(ec, kind));
      assertRefusedAs("no private key in PEM that fits the certificate", certAndKey(rsa, key));
    }
  }

  @Test
  void certificateThatDoesNotVouchForTheClientIsRejected() throws Exception {
    var client = store(directory, "alone", "EC", "dns:client");
    var key = Files.writeString(directory.resolve("alone.key"), pem(client, "PRIVATE KEY"));
    var cert = directory.resolve("alone.pem");
    Files.writeString(cert, certificate(client) + Files.readString(other.pem()));
    assertRefusedAs("no private key in PEM that fits the certificate", certAndKey(cert, key));
  }

  @Test
  void clientCertificateThatIsNoCertificateIsRejected() throws Exception {
    var client = store(directory, "broken", "EC", "dns:client");
    var key = Files.writeString(directory.resolve("broken.key"), pem(client, "PRIVATE KEY"));
    var cert = Files.writeString(directory.resolve("broken.pem"), certificate(client) + BROKEN);
    assertRefusedAs("cert names holds no certificate in PEM", certAndKey(cert, key));
  }

  @Test
  void fileWithoutAClientCertificateIsRejected() throws Exception {
    var client = store(directory, "keyOnly", "EC", "dns:client");
    var key = Files.writeString(directory.resolve("only.key"), pem(client, "PRIVATE KEY"));
    assertRefusedAs("cert names holds no certificate in PEM", certAndKey(key, key));
  }

  private void assertRefusedAs(String told, String... settings) throws IOException {
    try (var cloud = new StubCloud(here.context())) {
      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(() -> nova(cloud, settings).identity())
          .withMessageContaining(told)
          .matches(e -> e.kind() == Kind.CONFIGURATION);
    }
  }

  @Test
  void noEnvironmentVariableDisablesVerification() throws Exception {
    try (var cloud = new StubCloud(here.context())) {
      assertRefused(
          OpenStackCloud.nova(
              Map.of(
                  "OS_CLIENT_CONFIG_FILE", cloud.cloudsYaml(directory).toString(),
                  "OS_INSECURE", "true",
                  "OS_VERIFY", "false",
                  "PYTHONHTTPSVERIFY", "0"),
              InstantSource.system(),
              System::nanoTime,
              (operation, status, duration) -> {},
              java.time.Duration.ofSeconds(60)));
    }
  }

  @Test
  void cacertFileWithoutCertificatesIsAConfigurationError() throws Exception {
    var empty = Files.writeString(directory.resolve("empty.pem"), "no certificate\n");
    try (var cloud = new StubCloud(here.context())) {
      assertThatExceptionOfType(NovaException.class)
          .isThrownBy(() -> nova(cloud, "    cacert: " + empty + "\n").identity())
          .withMessageContaining("holds no usable PEM certificates")
          .matches(e -> e.kind() == Kind.CONFIGURATION);
    }
  }

  @Test
  void cacertBundleWithABrokenCertificateIsAConfigurationError() throws Exception {
    var bundle = directory.resolve("brokenBundle.pem");
    Files.writeString(bundle, Files.readString(here.pem()) + BROKEN);
    assertRefusedAs("holds no usable PEM certificates", "    cacert: " + bundle + "\n");
  }

  @Test
  void cacertMayHaveTextAroundItsCertificatesAndTheLineEndsOfWindows() throws Exception {
    var bundle = directory.resolve("text.pem");
    Files.writeString(bundle, crlf(TEXT + Files.readString(here.pem()) + TEXT));
    try (var cloud = new StubCloud(here.context())) {
      assertThat(nova(cloud, "    cacert: " + bundle + "\n").identity()).isNotNull();
    }
  }

  private static String crlf(String text) {
    return text.replaceAll("\r?\n", "\r\n");
  }

  private static String certificate(KeyStore store) throws GeneralSecurityException {
    return pem("CERTIFICATE", store.getCertificate("c").getEncoded());
  }

  private void assertShown(KeyStore client, String certificates, String key) throws Exception {
    try (var cloud = cloudThatAsksFor(client)) {
      assertShown(cloud, certificates, key);
    }
  }

  private void assertShown(StubCloud cloud, String certificates, String key) throws IOException {
    var cert = Files.writeString(directory.resolve("shown.pem"), certificates);
    assertThat(
            nova(cloud, certAndKey(cert, Files.writeString(directory.resolve("shown.key"), key)))
                .identity())
        .isNotNull();
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

  private static String[] certAndKey(Path cert, Path key) {
    return new String[] {"    verify: false\n", "    cert: %s\n    key: %s\n".formatted(cert, key)};
  }

  /** A certificate and its key, and the certificate alone. */
  record Certificate(SSLContext context, Path pem) {}

  /** Makes one that is signed by itself, in files of a directory. */
  static Certificate certificate(Path directory, String name, String subject) throws Exception {
    var store = store(directory, name, "EC", subject);
    return new Certificate(context(store, null), certificatePem(directory, store, name + ".pem"));
  }

  private static KeyStore store(Path directory, String name, String algorithm, String subject)
      throws Exception {
    var file = directory.resolve(name + ".p12");
    keytool(
        "-genkeypair -alias c -keyalg %s -dname CN=%s -validity 2 -ext san=%s -keystore %s"
            .formatted(algorithm, name, subject, file));
    return KeyStore.getInstance(file.toFile(), PASSWORD);
  }

  private static Path certificatePem(Path directory, KeyStore store, String name) throws Exception {
    return Files.writeString(
        directory.resolve(name), pem("CERTIFICATE", store.getCertificate("c").getEncoded()));
  }

  /** The private key as PKCS#8, or bare as older tools write it. */
  private static String pem(KeyStore store, String kind) throws Exception {
    var key = ByteBuffer.wrap(store.getKey("c", PASSWORD).getEncoded());
    if (kind.matches("(EC|RSA) PRIVATE KEY")) {
      into(key);
      key.position(key.position() + 3);
      into(key);
      key.position(key.position() + key.get(key.position() - 1));
      into(key);
    }
    var bytes = new byte[key.remaining()];
    key.get(bytes);
    return pem(kind, bytes);
  }

  /** Steps over the tag and the length of what comes next in DER. */
  private static void into(ByteBuffer der) {
    der.get();
    var length = der.get();
    der.position(der.position() + (length < 0 ? length & 0x7f : 0));
  }

  private static String pem(String kind, byte[] content) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(kind, Base64.getMimeEncoder().encodeToString(content), kind);
  }

  private static StubCloud cloudThatAsksFor(KeyStore client) throws Exception {
    return cloudThatTrusts(client.getCertificate("c"));
  }

  private static StubCloud cloudThatTrusts(java.security.cert.Certificate certificate)
      throws Exception {
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("client", certificate);
    return new StubCloud(
        new HttpsConfigurator(
            context(
                store(directory, "server" + System.nanoTime(), "EC", "ip:127.0.0.1"), trusted)) {
          @Override
          public void configure(HttpsParameters parameters) {
            var tls = getSSLContext().getDefaultSSLParameters();
            tls.setNeedClientAuth(true);
            parameters.setSSLParameters(tls);
          }
        });
  }

  private static SSLContext context(KeyStore keys, KeyStore trusted)
      throws GeneralSecurityException {
    var mine = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    mine.init(keys, PASSWORD);
    var theirs = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    theirs.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(mine.getKeyManagers(), theirs.getTrustManagers(), null);
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
