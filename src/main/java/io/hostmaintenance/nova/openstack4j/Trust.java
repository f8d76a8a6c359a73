package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Whose certificates are trusted, and by what we show who we are.
 *
 * @param verify false: everybody's
 * @param certificates PEM; instead of the JDK's own, as OpenStack's tools do it
 * @param client our own certificate; empty: none is shown
 */
record Trust(boolean verify, Optional<String> certificates, Optional<ClientPem> client) {

  /**
   * What a cloud's configuration says.
   *
   * @throws NovaException CONFIGURATION when one of its files cannot be read
   */
  static Trust of(CloudConfig cloud) {
    return new Trust(
        cloud.verify(),
        cloud.cacert().map(file -> text(cloud, "cacert", file)),
        cloud
            .clientCertificate()
            .map(
                client ->
                    new ClientPem(
                        text(cloud, "cert", client.certificates()),
                        new Secret(text(cloud, "key", client.key())))));
  }

  private static String text(CloudConfig cloud, String field, Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw Failures.configuration(
          "Cloud %s in %s: %s %s cannot be read; check its rights.",
          cloud.name(), cloud.file(), field, file);
    }
  }

  /**
   * A TLS context of its own.
   *
   * @throws NovaException CONFIGURATION when a certificate or a key is not usable PEM
   */
  SSLContext context() {
    var keyManagers = client.map(ClientPem::keyManagers).orElse(null);
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(keyManagers, trustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw Failures.configuration(
          "The file that cacert names holds no usable PEM certificates; correct it.");
    }
  }

  private TrustManager[] trustManagers() throws GeneralSecurityException, IOException {
    if (!verify) {
      return new TrustManager[] {new Everybody()};
    }
    if (certificates.isEmpty()) {
      return null;
    }
    var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    var pem = new ByteArrayInputStream(certificates.get().getBytes(StandardCharsets.ISO_8859_1));
    for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
      trusted.setCertificateEntry(String.valueOf(trusted.size()), certificate);
    }
    if (trusted.size() == 0) {
      throw new IOException("no certificate");
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return factory.getTrustManagers();
  }

  /** The extended kind, for which the JDK leaves out its own observe the host name too. */
  private static final class Everybody extends X509ExtendedTrustManager {

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
