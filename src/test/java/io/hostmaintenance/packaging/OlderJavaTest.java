package io.hostmaintenance.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.operator.Start;
import java.io.DataInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What an older Java says of the jar. */
class OlderJavaTest {

  private static final int CLASS_FILE_OF_JAVA_8 = 52;

  @Test
  void mainClassOfTheJarIsLoadedByJava8() throws IOException {
    try (var file = new DataInputStream(Start.class.getResourceAsStream("Start.class"))) {
      file.skipNBytes(6);

      assertThat(file.readUnsignedShort()).isEqualTo(CLASS_FILE_OF_JAVA_8);
    }
  }
}
