package io.hostmaintenance.nova.openstack4j;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.stream.Stream;

/** A word that does not show itself. */
record Secret(String value) {

  /** A text with stars in its place, be it there as it is or as JSON or UTF-8 writes it. */
  String hiddenIn(String text) {
    var quoted = new String(JsonStringEncoder.getInstance().quoteAsString(value));
    return Stream.of(quoted, value)
        .flatMap(form -> Stream.of(new String(form.getBytes(UTF_8), ISO_8859_1), form))
        .filter(form -> !form.isEmpty())
        .reduce(text, (shown, form) -> shown.replace(form, toString()));
  }

  @Override
  public String toString() {
    return "***";
  }
}
