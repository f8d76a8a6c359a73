package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.NovaException;
import java.util.Optional;

/** Clouds that are kept elsewhere than in a clouds.yaml, each by the name that it carries. */
public interface CloudSecrets {

  /** There are none, and there is nowhere to put one. */
  CloudSecrets NONE =
      new CloudSecrets() {
        @Override
        public Optional<CloudSecret> named(String name) {
          return Optional.empty();
        }

        @Override
        public NovaException missing(String name) {
          return Failures.configuration(
              "There is no cloud %s: add it to clouds.yaml, or name another one.", name);
        }
      };

  /**
   * The one that carries this name, as it was last told.
   *
   * @return empty when there is none, or nobody knows yet
   * @throws NovaException CONFIGURATION when several carry it
   */
  Optional<CloudSecret> named(String name);

  /**
   * What is said of a name that neither a clouds.yaml has nor one of these carries: CONFIGURATION,
   * or UNAVAILABLE while nobody knows yet.
   */
  NovaException missing(String name);
}
