package io.hostmaintenance.nova.openstack4j;

import static java.util.function.Predicate.not;

import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.openstack4j.CloudConfig.Certificates;
import io.hostmaintenance.nova.openstack4j.CloudConfig.ClientCertificate;
import io.hostmaintenance.nova.openstack4j.Credentials.ApplicationCredential;
import io.hostmaintenance.nova.openstack4j.Credentials.Named;
import io.hostmaintenance.nova.openstack4j.Yaml.Scalar;
import io.hostmaintenance.nova.openstack4j.Yaml.Sequence;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.openstack4j.api.types.Facing;
import org.openstack4j.model.common.Identifier;

/**
 * What the fields of one cloud mean, as openstacksdk and keystoneauth understand them. A field that
 * would change the meaning and is not supported is refused by its name.
 *
 * @param name what the operator calls the cloud
 * @param file where it was read, for people
 * @param fields its fields
 * @param paths what paths in them mean
 */
record CloudEntry(String name, String file, CloudFields fields, Paths paths) {

  /** What the paths in the fields of a cloud mean. */
  sealed interface Paths {

    /**
     * Files of this machine.
     *
     * @param home what {@code ~} means
     */
    record OnDisk(Path home) implements Paths {}

    /**
     * Nothing: whoever writes a Secret has no say in which files the operator reads.
     *
     * @param cacert the certificates that the Secret brings instead
     */
    record InSecret(Optional<String> cacert) implements Paths {}
  }

  private static final Pattern URL =
      Pattern.compile(
          "(?<scheme>(?i)https?)://(?<host>[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])"
              + "(?<port>:[0-9]{1,5})?(?<path>(?:/[A-Za-z0-9/._~!$&'()*+,;=:@%?#-]*)?)");

  /**
   * The configuration that they give.
   *
   * @throws NovaException CONFIGURATION, naming the file, the field and the way out
   */
  CloudConfig config() {
    var type = authType();
    fields.refuseUnknown(type);
    refuseUnsupported();
    return new CloudConfig(
        name,
        file,
        authUrl(),
        type.equals("v3applicationcredential") ? applicationCredential() : password(),
        fields.region("compute"),
        facing("compute"),
        verify(),
        cacert(),
        endpoint("compute"),
        endpoint("placement"),
        fields.region("placement"),
        facing("placement"),
        clientCertificate());
  }

  private void refuseUnsupported() {
    for (var key : List.of("profile", "cloud")) {
      if (fields.value(key).isPresent()) {
        throw fields.refuse(
            "has %s, but profiles of vendors are not read; write what the profile says, such as"
                + " auth_url, into the cloud instead",
            key);
      }
    }
    for (var key : List.of("system_scope", "trust_id")) {
      if (fields.option(key).isPresent()) {
        throw fields.refuse("has %s, which is not supported; name a project instead", key);
      }
    }
    for (var service : List.of("compute", "placement")) {
      refuseUnless(service, service + "_service_type", service);
      refuseUnless("", service + "_service_name", service);
    }
    if (fields.field("compute_api_version").filter(v -> !v.matches("2(\\..*)?")).isPresent()) {
      throw fields.refuse("has a compute_api_version other than 2; remove it");
    }
  }

  private void refuseUnless(String expected, String key, String service) {
    if (fields.field(key).filter(not(expected::equals)).isPresent()) {
      throw fields.refuse(
          "has %s, which is not supported; remove it or set %s_endpoint_override", key, service);
    }
  }

  // ---------------------------------------------------------------- logging in

  private String authType() {
    var key = fields.has("auth_type") ? "auth_type" : "auth_plugin";
    var type = fields.has(key) ? fields.field(key).orElse("none") : "password";
    return switch (type) {
      case "password", "v3password", "v3applicationcredential" -> type;
      default ->
          throw fields.refuse(
              "has %s %s, which is not supported; use password or v3applicationcredential",
              key, type);
    };
  }

  private String authUrl() {
    var written = fields.authUrl().orElseThrow(() -> lacks("auth_url"));
    var url = url("auth.auth_url", written);
    return url.endsWith("/v3") ? url : url.replaceFirst("/v2\\.0$", "") + "/v3";
  }

  private Credentials password() {
    return new Credentials.Password(user(true), secret("password"), project());
  }

  private Named project() {
    var id = fields.scope("project_id", "tenant_id");
    if (id.isPresent()) {
      return new Named(id.get(), Optional.empty());
    }
    var name = fields.scope("project_name", "tenant_name");
    if (name.isEmpty()) {
      throw lacks("project_name", "project_id");
    }
    return new Named(name.get(), Optional.of(domain("project_domain", true)));
  }

  private Credentials applicationCredential() {
    var secret = secret("application_credential_secret");
    var id = fields.option("application_credential_id");
    if (id.isPresent()) {
      return new ApplicationCredential(id.get(), Optional.empty(), secret);
    }
    var name = fields.option("application_credential_name");
    if (name.isEmpty()) {
      throw lacks("application_credential_name", "application_credential_id");
    }
    return new ApplicationCredential(name.get(), Optional.of(user(projectScoped())), secret);
  }

  private Secret secret(String key) {
    return new Secret(fields.option(key).orElseThrow(() -> lacks(key)));
  }

  private Named user(boolean shared) {
    var id = fields.option("user_id");
    if (id.isPresent()) {
      return new Named(id.get(), Optional.empty());
    }
    var name = fields.option("username", "user_name");
    if (name.isEmpty()) {
      throw lacks("username", "user_id");
    }
    return new Named(name.get(), Optional.of(domain("user_domain", shared)));
  }

  /**
   * A domain: an id before a name, the thing's own before the one that is shared.
   *
   * @param shared whether domain_id and domain_name are for user and project; without a project
   *     they are what the token is for
   */
  private Identifier domain(String thing, boolean shared) {
    return domain(thing, "_id", shared)
        .map(Identifier::byId)
        .or(() -> domain(thing, "_name", shared).map(Identifier::byName))
        .orElseThrow(() -> lacks(thing + "_name", thing + "_id"));
  }

  private Optional<String> domain(String thing, String form, boolean shared) {
    return fields
        .scope(thing + form)
        .or(() -> Optional.of("domain" + form).filter(key -> shared).flatMap(fields::scope))
        .or(() -> fields.option("default_domain" + form));
  }

  private boolean projectScoped() {
    return fields
        .scope("project_id", "tenant_id")
        .or(() -> fields.scope("project_name", "tenant_name"))
        .isPresent();
  }

  private NovaException lacks(String key) {
    return fields.refuse("lacks auth.%s; add it", key);
  }

  private NovaException lacks(String key, String other) {
    return fields.refuse("lacks auth.%s (or auth.%s); add it", key, other);
  }

  // ---------------------------------------------------------------- the catalog

  private Facing facing(String service) {
    return facingOf(service + "_").or(() -> facingOf("")).orElse(Facing.PUBLIC);
  }

  private Optional<Facing> facingOf(String prefix) {
    var one = interfaceIn(prefix + "interface");
    var old = interfaceIn(prefix + "endpoint_type");
    if (one.isPresent() && old.isPresent() && !one.equals(old)) {
      throw fields.refuse(
          "has %sinterface and %sendpoint_type, which differ; keep one", prefix, prefix);
    }
    return one.or(() -> old);
  }

  private Optional<Facing> interfaceIn(String key) {
    return fields
        .value(key)
        .flatMap(
            value ->
                switch (value) {
                  case Sequence(List<Yaml> several) when several.size() != 1 ->
                      throw fields.refuse("has several words in %s; keep one", key);
                  case Sequence(List<Yaml> one) -> fields.text(key, one.getFirst());
                  default -> fields.field(key);
                })
        .map(word -> facing(key, word));
  }

  private Facing facing(String key, String word) {
    return switch (word.replaceFirst("URL$", "").toLowerCase(Locale.ROOT)) {
      case "public" -> Facing.PUBLIC;
      case "internal" -> Facing.INTERNAL;
      case "admin" -> Facing.ADMIN;
      default ->
          throw fields.refuse(
              "has %s %s, which does not exist; use public, internal or admin", key, word);
    };
  }

  private Optional<String> endpoint(String service) {
    var key = service + "_endpoint_override";
    var older = service + "_endpoint";
    return fields
        .field(key)
        .map(url -> url(key, url))
        .or(() -> fields.field(older).map(url -> url(older, url)));
  }

  /** Without java.net.URI, which finds no host in one with an underscore. */
  private String url(String key, String written) {
    var url = URL.matcher(written.strip());
    if (!url.matches()) {
      throw fields.refuse(
          "has %s %s; write it like https://cloud.example.org/x", key, whatIsWrong(written));
    }
    var path = url.group("path");
    if (path.contains("?") || path.contains("#")) {
      throw fields.refuse("has %s with a query or a fragment; remove it", key);
    }
    if (url.group("port") != null && Integer.parseInt(url.group("port").substring(1)) > 65535) {
      throw fields.refuse("has %s with a port above 65535; correct it", key);
    }
    var host = url.group("scheme") + "://" + url.group("host");
    return host.toLowerCase(Locale.ROOT)
        + Optional.ofNullable(url.group("port")).orElse("")
        + path.replaceFirst("/+$", "");
  }

  /** Without the text itself, which may hold a password. */
  private static String whatIsWrong(String url) {
    var text = url.strip();
    if (!text.matches("(?is)https?://.*")) {
      return "without http:// or https:// at its beginning";
    }
    var host = text.replaceFirst("(?is)https?://", "").replaceFirst("(?s)[/?#].*", "");
    if (host.contains("@")) {
      return "with a user or a password in it";
    }
    if (text.matches("(?s).*\\s.*")) {
      return "with a blank in it";
    }
    if (!host.matches("\\p{ASCII}*")) {
      return "with letters beyond ASCII in its host, which begins with xn-- instead";
    }
    return host.isEmpty() || host.startsWith(":")
        ? "without a host"
        : "with a host, port or path that is none";
  }

  // ---------------------------------------------------------------- TLS

  private boolean verify() {
    if (fields.value("insecure").map(value -> truth("insecure", value)).orElse(false)) {
      return false;
    }
    if (!fields.has("verify")) {
      return true;
    }
    var written =
        fields.value("verify").orElseThrow(() -> fields.refuse("has an empty verify; remove it"));
    var verify = truth("verify", written);
    if (!verify && isText(written) && fields.value("cacert").isPresent()) {
      throw fields.refuse(
          "has verify in quotes beside cacert, which openstacksdk takes for true; remove the"
              + " quotes");
    }
    return verify;
  }

  private boolean truth(String key, Yaml value) {
    var word = value instanceof Scalar scalar ? scalar.written().toLowerCase(Locale.ROOT) : "";
    var plain = !isText(value);
    if (word.equals("true") || plain && List.of("yes", "on").contains(word)) {
      return true;
    }
    if (word.equals("false") || plain && List.of("no", "off").contains(word)) {
      return false;
    }
    throw fields.refuse(
        "has %s%s, which is neither true nor false; write true or false without quotes",
        key, word.isEmpty() ? "" : " " + word);
  }

  private static boolean isText(Yaml value) {
    return value instanceof Scalar scalar && scalar.type() == Scalar.Type.TEXT;
  }

  private Optional<Certificates> cacert() {
    return switch (paths) {
      case Paths.OnDisk(var home) -> path("cacert", home).map(Certificates.InFile::new);
      case Paths.InSecret(var pem) -> {
        refuseFile("cacert", "put the certificates into the key cacert of the Secret instead");
        yield pem.map(Certificates.Text::new);
      }
    };
  }

  private void refuseFile(String key, String remedy) {
    if (fields.value(key).isPresent()) {
      throw fields.refuse(
          "has %s, which names a file, but it stands in a Secret: remove it, and %s", key, remedy);
    }
  }

  private Optional<ClientCertificate> clientCertificate() {
    if (fields.value("key").isPresent() && fields.value("cert").isEmpty()) {
      throw fields.refuse("has key without cert; add the certificate or remove the key");
    }
    return switch (paths) {
      case Paths.OnDisk(var home) ->
          path("cert", home)
              .map(cert -> new ClientCertificate(cert, path("key", home).orElse(cert)));
      case Paths.InSecret _ -> {
        refuseFile("cert", "use a cloud of clouds.yaml where a client certificate is needed");
        yield Optional.empty();
      }
    };
  }

  private Optional<Path> path(String key, Path home) {
    return fields
        .field(key)
        .map(
            path -> {
              if (path.indexOf('\0') >= 0) {
                throw fields.refuse("has %s with a character that no path has; correct it", key);
              }
              var file = path.startsWith("~/") ? home.resolve(path.substring(2)) : Path.of(path);
              if (!Files.isRegularFile(file)) {
                throw fields.refuse("has %s %s, which is no file; correct the path", key, path);
              }
              return file;
            });
  }
}
