package io.hostmaintenance.nova.openstack4j;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRootName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.openstack4j.model.common.Identifier;
import org.openstack4j.openstack.common.Auth;
import org.openstack4j.openstack.identity.v3.domain.KeystoneAuth;
import org.openstack4j.openstack.identity.v3.domain.KeystoneAuth.AuthScope;

/** By what we log in to Keystone. */
sealed interface Credentials {

  /** The body of {@code POST /v3/auth/tokens}. */
  KeystoneAuth toAuth();

  /** Who logs in, for people; without secrets. */
  String who();

  /** What must not be told. */
  Secret secret();

  /**
   * A thing of Keystone by its id, or by its name within a domain.
   *
   * @param domain empty exactly when it is named by its id
   */
  record Named(String value, Optional<Identifier> domain) {

    /** As Keystone's JSON names it. */
    Map<String, Object> json() {
      return domain
          .<Map<String, Object>>map(d -> Map.of("name", value, "domain", json(d)))
          .orElse(Map.of("id", value));
    }

    /** By what Keystone is told, since an {@link Identifier} equals nothing but itself. */
    @Override
    public boolean equals(Object other) {
      return other instanceof Named named && json().equals(named.json());
    }

    @Override
    public int hashCode() {
      return json().hashCode();
    }

    private static Map<String, String> json(Identifier domain) {
      return Map.of(domain.isTypeID() ? "id" : "name", domain.getId());
    }
  }

  /** A user's password, for one project. */
  record Password(Named user, Secret secret, Named project) implements Credentials {

    @Override
    public KeystoneAuth toAuth() {
      var scope =
          project
              .domain()
              .map(domain -> AuthScope.project(Identifier.byName(project.value()), domain))
              .orElseGet(() -> AuthScope.project(Identifier.byId(project.value())));
      return new KeystoneAuth(user.value(), secret.value(), user.domain().orElse(null), scope);
    }

    @Override
    public String who() {
      return "user " + user.value();
    }
  }

  /**
   * An application credential, which brings its own project.
   *
   * @param user whose it is; empty when it is named by its id
   */
  record ApplicationCredential(String idOrName, Optional<Named> user, Secret secret)
      implements Credentials {

    @Override
    public KeystoneAuth toAuth() {
      var credential =
          user.<Map<String, Object>>map(
                  owner -> Map.of("name", idOrName, "user", owner.json(), "secret", secret.value()))
              .orElse(Map.of("id", idOrName, "secret", secret.value()));
      return new ApplicationCredentialAuth(credential);
    }

    @Override
    public String who() {
      return "application credential " + idOrName;
    }
  }

  /** The way of logging in that openstack4j lacks: another identity and no scope. */
  @JsonRootName("auth")
  final class ApplicationCredentialAuth extends KeystoneAuth {

    private final transient Map<String, Object> credential;

    ApplicationCredentialAuth(Map<String, Object> credential) {
      super((AuthScope) null, Auth.Type.CREDENTIALS);
      this.credential = credential;
    }

    @Override
    @JsonIgnore
    public Identity getIdentity() {
      return null;
    }

    /** What Keystone reads instead of a password. */
    @JsonProperty("identity")
    public Map<String, Object> applicationCredentialIdentity() {
      return Map.of(
          "methods", List.of("application_credential"), "application_credential", credential);
    }
  }
}
