package io.hostmaintenance.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Makes a failing program short: leaves out whatever it fails without. */
final class Shrinker {

  private Shrinker() {}

  /** A program that breaks the same promise and can lose nothing more. */
  static Program shrink(Program program, String promise) {
    var shorter = program;
    int size;
    do {
      size = size(shorter);
      shorter = without(shorter, promise, Program::incidents, Program::withIncidents);
      shorter = without(shorter, promise, Program::guests, Program::withGuests);
      shorter = without(shorter, promise, Program::otherGuests, Program::withOtherGuests);
      shorter = without(shorter, promise, Program::groups, Program::withGroups);
      shorter = without(shorter, promise, Program::resources, Program::withResources);
    } while (size(shorter) < size);
    return shorter;
  }

  private static int size(Program program) {
    return program.incidents().size()
        + program.guests().size()
        + program.otherGuests().size()
        + program.groups().size()
        + program.resources().size();
  }

  private static <T> Program without(
      Program program,
      String promise,
      Function<Program, List<T>> part,
      BiFunction<Program, List<T>, Program> with) {
    var shorter = program;
    for (var i = part.apply(shorter).size() - 1; i >= 0; i--) {
      var fewer = new ArrayList<>(part.apply(shorter));
      fewer.remove(i);
      var candidate = with.apply(shorter, List.copyOf(fewer));
      var broken = Simulation.run(candidate, false).broken();
      if (broken.filter(b -> b.promise().equals(promise)).isPresent()) {
        shorter = candidate;
      }
    }
    return shorter;
  }
}
