package io.hostmaintenance.fakecloud.http;

import io.hostmaintenance.fakecloud.User;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A cloud that the {@link ContractStory} is told to: what its API alone does not give, or gives
 * differently.
 */
interface Side extends AutoCloseable {
  /** What every server and group of the story begins with. */
  String PREFIX = "hm-contract-";

  /**
   * What the story is about.
   *
   * @param servers ids of ACTIVE servers of the administrator on the source
   * @param group id of a soft-anti-affinity group of which the first server is the only member
   * @param hardGroup id of an affinity group of which the last server is the only member
   */
  record Cast(List<String> servers, String group, String hardGroup) {}

  /** Where to log in. */
  URI authUrl();

  /** The region whose endpoints are used. */
  String region();

  /** An administrator. */
  User admin();

  /** A member of another project, without rights. */
  User member();

  /** Makes a server on the host with each of these metadata, in this order, and a group. */
  Cast cast(String host, List<Map<String, String>> metadata)
      throws IOException, InterruptedException;

  /** Lets time pass until the condition holds; fails at a deadline. */
  void until(String what, Callable<Boolean> condition);

  /** Takes away what was made here. */
  @Override
  void close() throws IOException;
}
