package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.X509KeyManager;
import nl.altindag.ssl.exception.GenericException;
import nl.altindag.ssl.util.KeyManagerUtils;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

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
          "(?s)-----BEGIN (?<kind>|RSA |EC |ENCRYPTED )PRIVATE KEY-----(?<body>.+?)-----END ");
  private static final Pattern CERTIFICATE =
      Pattern.compile("(?s)-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----");

  /**
   * What shows the certificate when a server asks for one.
   *
   * @throws NovaException CONFIGURATION when there is no usable certificate or key
   */
  X509KeyManager keyManager() {
    var pem = CERTIFICATE.matcher(certificates).results().map(MatchResult::group);
    var chain =
        Trust.certificates(
            pem.collect(Collectors.joining("\n")),
            "The file that cert names holds no certificate in PEM; correct it.");
    try {
      return KeyManagerUtils.createKeyManager(
          privateKey(chain.getFirst().getPublicKey()), chain.toArray(X509Certificate[]::new));
    } catch (GeneralSecurityException
        | IOException
        | IllegalArgumentException
        | GenericException e) {
      throw Failures.configuration(
          "The file that key names (or cert, without key) holds no private key in PEM that fits the"
              + " certificate; correct it.");
    }
  }

  private PrivateKey privateKey(PublicKey publicKey) throws GeneralSecurityException, IOException {
    var pem = KEY.matcher(key.value());
    if (!pem.find()) {
      throw new GeneralSecurityException("no key");
    }
    if (pem.group().contains("ENCRYPTED")) {
      throw Failures.configuration(
          "The private key of the client certificate is encrypted, and nobody can be asked for its"
              + " passphrase; decrypt it with openssl pkey -in KEY -out NEW.");
    }
    var der = Base64.getMimeDecoder().decode(pem.group("body").strip());
    var pkcs8 = pem.group("kind").isEmpty() ? der : wrapped(der, publicKey);
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
    var signed = signature.sign();
    signature.initVerify(theirs);
    return signature.verify(signed);
  }

  /** PKCS#8 (RFC 5208) around a bare key; the algorithm is that of the certificate's key. */
  private static byte[] wrapped(byte[] bare, PublicKey publicKey) throws IOException {
    var algorithm = SubjectPublicKeyInfo.getInstance(publicKey.getEncoded()).getAlgorithm();
    return new DERSequence(
            new ASN1Encodable[] {new ASN1Integer(0), algorithm, new DEROctetString(bare)})
        .getEncoded();
  }
}
