package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.CloudConfig.Certificates;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedTrustManager;
import nl.altindag.ssl.util.SSLContextUtils;
import nl.altindag.ssl.util.TrustManagerUtils;

/**
 * Whose certificates are trusted, and by what we show who we are.
 *
 * @param verify false: everybody's, for any host name
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
        cloud
            .cacert()
            .map(
                certificates ->
                    switch (certificates) {
                      case Certificates.InFile(var path) -> text(cloud, "cacert", path);
                      case Certificates.Text(var pem) -> pem;
                    }),
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
    var shown = client.map(ClientPem::keyManager);
    var trusted =
        verify
            ? certificates.map(Trust::only)
            : Optional.of(TrustManagerUtils.createUnsafeTrustManager());
    return SSLContextUtils.createSslContext(shown.stream().toList(), trusted.stream().toList());
  }

  private static X509ExtendedTrustManager only(String pem) {
    return TrustManagerUtils.createTrustManager(
        certificates(
            pem,
            "The file that cacert names, or the key cacert of the Secret, holds no usable PEM"
                + " certificates; correct it."));
  }

  /**
   * The certificates of a PEM text with nothing but comments around them.
   *
   * @throws NovaException CONFIGURATION with that sentence when there is none, or one is broken
   */
  static List<X509Certificate> certificates(String pem, String sentence) {
    var bytes = new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1));
    try {
      var found = CertificateFactory.getInstance("X.509").generateCertificates(bytes);
      if (!found.isEmpty()) {
        return found.stream().map(X509Certificate.class::cast).toList();
      }
    } catch (CertificateException e) {
      // Told below.
    }
    throw Failures.configuration(sentence);
  }
}
