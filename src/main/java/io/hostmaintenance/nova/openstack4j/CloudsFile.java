package io.hostmaintenance.nova.openstack4j;

import static java.util.function.Predicate.not;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.NovaException.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.openstack4j.api.types.Facing;
import org.openstack4j.model.common.Identifier;

/**
 * Where OpenStack's own tools keep their clouds: {@code OS_CLIENT_CONFIG_FILE}, or else {@code
 * clouds.yaml} in the working directory, {@code ~/.config/openstack} or {@code /etc/openstack}; of
 * its clouds the one that {@code OS_CLOUD} names, by default {@code openstack}.
 *
 * @param environment the variables of the process
 */
record CloudsFile(Map<String, String> environment) {

  /**
   * Reads the cloud, each time anew.
   *
   * @throws NovaException CONFIGURATION, naming the file, the field and the way out
   */
  CloudConfig read() {
    var file = file();
    var name = variable("OS_CLOUD").orElse("openstack");
    var cloud = parse(file).path("clouds").path(name);
    if (!cloud.isObject()) {
      throw refusal(
          "%s has no cloud named %s under \"clouds\"; add it or name another in OS_CLOUD.",
          file, name);
    }
    return new Fields(file, name, cloud).config(home());
  }

  private Path file() {
    var named = variable("OS_CLIENT_CONFIG_FILE").map(Path::of);
    if (named.isPresent()) {
      return named
          .filter(Files::isRegularFile)
          .orElseThrow(
              () ->
                  refusal(
                      "OS_CLIENT_CONFIG_FILE names %s, which is no file; correct the path.",
                      named.get()));
    }
    var candidates =
        List.of(
            Path.of("clouds.yaml"),
            home().resolve(".config/openstack/clouds.yaml"),
            Path.of("/etc/openstack/clouds.yaml"));
    return candidates.stream()
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(
            () ->
                refusal(
                    "There is no clouds.yaml at ./clouds.yaml, %s or %s; write one or name it in"
                        + " OS_CLIENT_CONFIG_FILE.",
                    candidates.get(1), candidates.get(2)));
  }

  private static JsonNode parse(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw refusal(
          "%s cannot be read (%s); check its rights.", file, e.getClass().getSimpleName());
    }
    try {
      var tree = Serialization.unmarshal(text, JsonNode.class);
      return tree == null ? MissingNode.getInstance() : tree;
    } catch (RuntimeException e) {
      // The parser's message quotes the line, which may hold a password: it goes no further.
      throw refusal("%s is not YAML; correct its syntax.", file);
    }
  }

  private Path home() {
    return Path.of(variable("HOME").orElseGet(() -> System.getProperty("user.home")));
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(not(String::isBlank));
  }

  private static NovaException refusal(String sentence, Object... arguments) {
    return new NovaException(Kind.CONFIGURATION, sentence.formatted(arguments));
  }

  /** The fields of one cloud. */
  private record Fields(Path file, String name, JsonNode cloud) {

    CloudConfig config(Path home) {
      return new CloudConfig(
          name,
          file,
          authUrl(),
          credentials(),
          text(cloud, "region_name"),
          facing(),
          verify(),
          text(cloud, "cacert").map(path -> file("cacert", path, home)),
          text(cloud, "compute_endpoint_override")
              .map(url -> url("compute_endpoint_override", url)),
          text(cloud, "placement_endpoint_override")
              .map(url -> url("placement_endpoint_override", url)));
    }

    private String authUrl() {
      var url = url("auth.auth_url", auth("auth_url"));
      return url.endsWith("/v3") ? url : url.replaceFirst("/v2\\.0$", "") + "/v3";
    }

    private Credentials credentials() {
      var type = text(cloud, "auth_type").orElse("password");
      return switch (type) {
        case "password", "v3password" ->
            new Credentials.Password(user(), new Secret(auth("password")), named("project"));
        case "v3applicationcredential" -> applicationCredential();
        default ->
            throw refuse(
                "has auth_type %s, which is not supported; use password or"
                    + " v3applicationcredential",
                type);
      };
    }

    private Credentials applicationCredential() {
      var secret = new Secret(auth("application_credential_secret"));
      return optionalAuth("application_credential_id")
          .map(id -> new Credentials.ApplicationCredential(id, Optional.empty(), secret))
          .orElseGet(
              () ->
                  new Credentials.ApplicationCredential(
                      either("application_credential_id", "application_credential_name"),
                      Optional.of(user()),
                      secret));
    }

    private Credentials.Named user() {
      return optionalAuth("user_id")
          .map(id -> new Credentials.Named(id, Optional.empty()))
          .orElseGet(
              () ->
                  new Credentials.Named(
                      either("user_id", "username"), Optional.of(domain("user_domain"))));
    }

    private Credentials.Named named(String thing) {
      return optionalAuth(thing + "_id")
          .map(id -> new Credentials.Named(id, Optional.empty()))
          .orElseGet(
              () ->
                  new Credentials.Named(
                      either(thing + "_id", thing + "_name"),
                      Optional.of(domain(thing + "_domain"))));
    }

    private Identifier domain(String prefix) {
      return optionalAuth(prefix + "_id")
          .map(Identifier::byId)
          .orElseGet(() -> Identifier.byName(either(prefix + "_id", prefix + "_name")));
    }

    private Facing facing() {
      var text = text(cloud, "interface").orElse("public");
      return switch (text.replaceFirst("URL$", "").toLowerCase(Locale.ROOT)) {
        case "public" -> Facing.PUBLIC;
        case "internal" -> Facing.INTERNAL;
        case "admin" -> Facing.ADMIN;
        default ->
            throw refuse(
                "has interface %s, which does not exist; use public, internal or admin", text);
      };
    }

    private boolean verify() {
      var text = text(cloud, "verify").orElse("true");
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true", "yes" -> true;
        case "false", "no" -> false;
        default -> throw refuse("has verify %s, which is neither true nor false", text);
      };
    }

    private Path file(String field, String path, Path home) {
      var file = path.startsWith("~/") ? home.resolve(path.substring(2)) : Path.of(path);
      if (!Files.isRegularFile(file)) {
        throw refuse("has %s %s, which is no file; correct the path", field, path);
      }
      return file;
    }

    private String url(String field, String text) {
      try {
        var uri = new URI(text);
        if (List.of("http", "https").contains(String.valueOf(uri.getScheme()))
            && uri.getHost() != null
            && uri.getUserInfo() == null
            && uri.getQuery() == null) {
          return text.replaceFirst("/+$", "");
        }
      } catch (URISyntaxException e) {
        // Told below: the text itself may hold a password.
      }
      throw refuse(
          "has a %s that is no plain http or https URL; write it like https://cloud.example.org/x",
          field);
    }

    private String either(String id, String name) {
      return optionalAuth(name)
          .orElseThrow(() -> refuse("lacks auth.%s (or auth.%s); add it", name, id));
    }

    private String auth(String field) {
      return optionalAuth(field).orElseThrow(() -> refuse("lacks auth.%s; add it", field));
    }

    private Optional<String> optionalAuth(String field) {
      return text(cloud.path("auth"), field);
    }

    private static Optional<String> text(JsonNode node, String field) {
      return Optional.of(node.path(field))
          .filter(JsonNode::isValueNode)
          .filter(not(JsonNode::isNull))
          .map(JsonNode::asText)
          .filter(not(String::isBlank));
    }

    private NovaException refuse(String what, Object... arguments) {
      return refusal("Cloud %s in %s %s.", name, file, what.formatted(arguments));
    }
  }
}
