package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/**
 * The certificate by which a client shows who it is.
 *
 * @param certificates PEM: the client's own first, then those that vouch for it
 * @param key PEM with its private key, not encrypted: PKCS#8, or as older tools write RSA (PKCS#1)
 *     and EC (SEC 1) keys
 */
record ClientPem(String certificates, Secret key) {

  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN (?<kind>(?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----(?<body>.+?)-----END ",
          Pattern.DOTALL);
  private static final Pattern CERTIFICATE =
      Pattern.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", Pattern.DOTALL);

  /**
   * What shows the certificate when a server asks for one.
   *
   * @throws NovaException CONFIGURATION when there is no usable certificate or key
   */
  KeyManager[] keyManagers() {
    var chain = chain();
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setKeyEntry("client", privateKey(chain[0].getPublicKey()), new char[0], chain);
      var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, new char[0]);
      return factory.getKeyManagers();
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      throw Failures.configuration(
          "The file that key names (or cert, without key) holds no private key in PEM that fits the"
              + " certificate; correct it.");
    }
  }

  private Certificate[] chain() {
    try {
      var pem = new ByteArrayOutputStream();
      CERTIFICATE
          .matcher(certificates)
          .results()
          .forEach(
              match ->
                  pem.writeBytes((match.group() + "\n").getBytes(StandardCharsets.ISO_8859_1)));
      var chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem.toByteArray()))
              .toArray(Certificate[]::new);
      if (chain.length > 0) {
        return chain;
      }
    } catch (GeneralSecurityException e) {
      // Told below.
    }
    throw Failures.configuration(
        "The file that cert names holds no certificate in PEM; correct it.");
  }

  private PrivateKey privateKey(PublicKey publicKey) throws GeneralSecurityException {
    var pem = KEY.matcher(key.value());
    if (!pem.find()) {
      throw new GeneralSecurityException("no key");
    }
    if (pem.group("kind").startsWith("ENCRYPTED") || pem.group("body").contains("ENCRYPTED")) {
      throw Failures.configuration(
          "The private key of the client certificate is encrypted, and nobody can be asked for its"
              + " passphrase; decrypt it with openssl pkey -in KEY -out NEW.");
    }
    var der = Base64.getMimeDecoder().decode(pem.group("body").strip());
    var pkcs8 = pem.group("kind").equals("PRIVATE KEY") ? der : wrapped(der, publicKey);
    var made =
        KeyFactory.getInstance(publicKey.getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    if (!fits(made, publicKey)) {
      throw new GeneralSecurityException("the key of another certificate");
    }
    return made;
  }

  /** Whether what the one signs is verified by the other. */
  private static boolean fits(PrivateKey mine, PublicKey theirs) throws GeneralSecurityException {
    var signature =
        Signature.getInstance(
            switch (theirs.getAlgorithm()) {
              case "RSA" -> "SHA256withRSA";
              case "EC" -> "SHA256withECDSA";
              default -> theirs.getAlgorithm();
            });
    signature.initSign(mine);
    signature.update((byte) 1);
    var signed = signature.sign();
    signature.initVerify(theirs);
    signature.update((byte) 1);
    return signature.verify(signed);
  }

  /** PKCS#8 (RFC 5208) around a bare key; the algorithm is that of the certificate's key. */
  private static byte[] wrapped(byte[] bare, PublicKey publicKey) {
    var info = publicKey.getEncoded();
    var start = headerLength(info);
    var algorithm = Arrays.copyOfRange(info, start, start + wholeLength(info, start));
    return der(0x30, join(new byte[] {2, 1, 0}, algorithm, der(0x04, bare)));
  }

  private static int headerLength(byte[] der) {
    return der[1] >= 0 ? 2 : 2 + (der[1] & 0x7f);
  }

  private static int wholeLength(byte[] der, int at) {
    return 2 + der[at + 1];
  }

  private static byte[] der(int tag, byte[] content) {
    var length = content.length;
    return length < 0x80
        ? join(new byte[] {(byte) tag, (byte) length}, content)
        : join(new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length}, content);
  }

  private static byte[] join(byte[]... parts) {
    var joined = new ByteArrayOutputStream();
    for (var part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }
}
