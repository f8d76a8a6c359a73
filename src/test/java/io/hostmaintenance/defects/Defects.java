package io.hostmaintenance.defects;

import java.util.List;
import java.util.stream.Stream;

/** The defects that the operator must not have, and the tests that would tell. */
final class Defects {

  private static final String WORLDS = "simulation.SimulationTest#promisesHoldInEveryWorld";

  /** All of them, by the promise that they break. */
  static final List<Defect> ALL =
      Stream.of(
              moved(),
              watch(),
              empty(),
              askedOnce(),
              ends(),
              ways(),
              plans(),
              guests(),
              service(),
              adapter())
          .flatMap(List::stream)
          .toList();

  private Defects() {}

  // ---------------------------------------------------------------- what is moved

  private static List<Defect> moved() {
    return List.of(
        Defect.of("tries a preferred host again that has no room", "drain/InstanceRows")
            .where("row.attemptsMade() == (row.step() == null ? 0 : 1)", "row != null")
            .caughtBy("drain.TargetPolicyTest#schedulerPicksOnceTheTargetDidNotTakeIt"),
        Defect.of("prefers a host once more in a way of a later attempt", "drain/InstanceRows")
            .where(
                "row.attemptsMade() == (row.step() == null ? 0 : 1)",
                "row.step() != null || row.attemptsMade() == 0")
            .caughtBy("drain.TargetPolicyTest#wayOfALaterAttemptAsksTheScheduler"),
        Defect.of("gives the last attempt to a preferred host", "drain/instance/RowTransitions")
            .where("|| host.preferredOnlyRefused(row, cause.reason())", "")
            .caughtBy(
                "drain.TargetPolicyTest#attemptThatFoundOnlyTheTargetFullIsNotTheLast", WORLDS),
        Defect.of("moves the largest instances first whatever the spec says", "drain/InstanceRows")
            .where("equals(\"SmallestFirst\") ? 1 : -1;", "equals(\"\") ? 1 : -1;")
            .caughtBy("drain.OrderTest#firstMoveGoesByMemoryInTheOrderOfTheSpec"),
        Defect.of("takes Nova's 202 for a move", "drain/OutcomeRecorder")
            .where(
                "RowState.InProgress, InstanceMessages.accepted(row)",
                "RowState.Moved, InstanceMessages.accepted(row)")
            .caughtBy(
                "drain.OutcomeRecorderTest#acceptedRequestSetsTheRowInProgressAndNotMoved", WORLDS),
        Defect.of("takes an instance that is idle again for moved", "drain/instance/Verdict")
            .where(
                "default -> here && !idle ? RUNNING : SETTLING;",
                "default -> here && !idle ? RUNNING : MOVED;")
            .caughtBy(
                "drain.instance.VerdictTest#migrationStatusAndInstanceDecideTheVerdictOfALiveMigration",
                WORLDS),
        Defect.of("takes a record that says completed for a move", "drain/instance/Verdict")
            .where("\"completed\" -> here ? SETTLING : MOVED;", "\"completed\" -> MOVED;")
            .caughtBy(
                "drain.instance.VerdictTest#migrationStatusAndInstanceDecideTheVerdictOfALiveMigration",
                "drain.instance.MigrationTrackerTest$AContradictionInNovasAnswers#leavesTheMoveInProgressForFiveMinutes"),
        Defect.of("takes a record that says confirmed for a move", "drain/instance/Verdict")
            .where("\"confirmed\" -> here ? SETTLING : MOVED;", "\"confirmed\" -> MOVED;")
            .caughtBy(
                "drain.instance.VerdictTest#migrationStatusAndInstanceDecideTheVerdictOfAColdMigration"),
        Defect.of(
                "takes a move that ended in ERROR elsewhere for a good one",
                "drain/instance/Verdict")
            .where(
                "if (migrating) { yield SETTLING; } yield here ? (error ? BROKEN : FAILED) :"
                    + " MOVED_WITH_ERROR;",
                "if (migrating) { yield SETTLING; } yield here ? (error ? BROKEN : FAILED) :"
                    + " MOVED;")
            .caughtBy(
                "drain.instance.VerdictTest#migrationStatusAndInstanceDecideTheVerdictOfALiveMigration",
                "drain.instance.MigrationTrackerTest$AMove#thatLeftTheInstanceInErrorOnAnotherHostIsMovedWithError"),
        Defect.of("calls a host empty for as long as a look takes", "operator/HostObserver")
            .where("since(start).compareTo(most) > 0", "since(start).compareTo(most) > 1")
            .caughtBy(
                "operator.MaintenanceLoopTest$SlowClouds#makeDrainedUnknownWhenAnObservationTakesLongerThan180Seconds"),
        Defect.of("stays healthy while a tick hangs", "operator/RunningReconciliations")
            .where("age(r).compareTo(BOUND) > 0", "age(r).compareTo(BOUND) > 1")
            .caughtBy(
                "operator.RunningReconciliationsTest#reconciliationBeyondTheTimeLimitIsNamedWithItsStartTime"),
        Defect.of("tells of resources that another one tells of", "operator/Metrics")
            .where("leading.getAsBoolean() ? resources.get() : List.of()", "resources.get()")
            .caughtBy("operator.MetricsTest#standbyOperatorShowsNoResourceMetrics"),
        Defect.of("tells of clouds that another one asks", "operator/Metrics")
            .where("leading.getAsBoolean() ? clouds.get() : List.<CloudHealth>of()", "clouds.get()")
            .caughtBy("operator.MetricsTest#standbyOperatorShowsNoResourceMetrics"),
        Defect.of("counts a move that was not made", "operator/MoveMetrics")
            .where("&& row.attemptsMade() >= was.attemptsMade()", "")
            .caughtBy("operator.MoveMetricsTest#requestThatCountsAsNotMadeDoesNotCount"),
        Defect.of("counts a drain again after a late arrival", "operator/MoveMetrics")
            .where("&& !drainedBefore.remove(uid)", "")
            .caughtBy("operator.MoveMetricsTest#drainAfterALateArrivalDoesNotCountAgain"),
        Defect.of("goes on with an Error as if nothing were", "operator/HostMaintenanceReconciler")
            .where("catch (RuntimeException | Error e)", "catch (RuntimeException e)")
            .caughtBy("operator.FailedReconciliationTest#javaErrorIsCountedReportedAndRetried"),
        Defect.of("compares host names by their beginning", "drain/instance/Verdict")
            .where(
                "var here = host.equals(instance.get().host()); var idle = instance.get().idle();"
                    + " var migrating",
                "var here = instance.get().host().startsWith(host);"
                    + " var idle = instance.get().idle(); var migrating")
            .caughtBy("drain.instance.VerdictTest#hostWithALongerNameIsAnotherHost", WORLDS),
        Defect.of("looks a service up by the beginning of its name", "drain/Observation")
            .where(
                "anyMatch(s -> s.host().equals(host))", "anyMatch(s -> s.host().startsWith(host))")
            .where("s.host().equalsIgnoreCase(host)", "s.host().startsWith(host)")
            .caughtBy("drain.ReportTest$BeforeTheFirstChange#theHostMustExistInNovaByItsExactName"),
        Defect.of("keeps answers for a row that has ended since", "drain/OutcomeRecorder")
            .where("row(announced, c.instanceId()).equals(row(stored, c.instanceId()))", "true")
            .caughtBy("simulation.StoriesTest#answersOfAFormerLeaderDoNotReopenAnEndedRow"));
  }

  // ---------------------------------------------------------------- the watch

  private static List<Defect> watch() {
    return List.of(
        Defect.of(
                "lets a host at rest wait for ever while others drain",
                "operator/ReconciliationQueue")
            .where("return priority == Priority.IDLE &&", "return priority == null &&")
            .caughtBy(
                "operator.ReconciliationQueueTest#hostAtRestThatHasWaitedForAMinuteGoesBeforeThoseThatDrain"),
        Defect.of("lets the watch call a host empty that somebody came to", "drain/WatchedHost")
            .where("&& !used.get(e.getKey()).equals(e.getValue())", "&& false")
            .caughtBy(
                "drain.WatchedHostTest#hostHasChangedThatHoldsMore",
                "operator.WatchTest$WhatIsOtherwise#anInstanceThatCameIsFoundAtTheNextRound",
                WORLDS),
        Defect.of("takes a host that placement does not show for an empty one", "drain/WatchedHost")
            .where(
                "? Finding.UNCHANGED : Finding.NOT_SHOWN",
                "? Finding.UNCHANGED : Finding.UNCHANGED")
            .caughtBy("drain.WatchedHostTest#hostIsHiddenOfWhichOneHypervisorIsMissing"),
        Defect.of("watches a host that is not verified", "drain/WatchedHost")
            .where("&& verified(status)", "")
            .caughtBy("drain.WatchedHostTest#watchDoesNotStandForAHostThatIsNotVerified"),
        Defect.of("has a slow period without the fast clock", "drain/Drain")
            .where("return seen.compareTo(input.settings().observationTimeout()) >= 0 ||", "return")
            .caughtBy(
                "drain.EmptyCheckTest$WithoutAnObservation#drainedAndReadyAreUnknownAfterThreeMinutes"),
        Defect.of("has the fast clock without the slow one", "drain/Drain")
            .where(
                "|| observed.compareTo(input.settings().verifiedTimeout()) >= 0",
                "|| observed.isNegative()")
            .caughtBy(
                "operator.WatchTest$ABlindWatch#observationsThatFailForHalfAnHourMakeDrainedUnknownWhateverTheWatchSees"),
        Defect.of(
                "measures what it remembers by a clock that somebody may set back",
                "operator/MaintenanceLoop")
            .where(
                "return began.plusNanos(nanoTime.getAsLong() - beganNanos);",
                "return clock.instant();")
            .caughtBy(
                "operator.WatchTest$AClockThatIsSetBack#hidesNoInstanceThatCame",
                "operator.WatchTest$AClockThatIsSetBack#keepsDrainedNoLongerWithoutTheCloud"),
        Defect.of("keeps Drained of a host that another resource holds too", "drain/Drain")
            .where("if (fresh && conflict.isPresent()) {", "if (conflict.isPresent()) {")
            .caughtBy(
                "drain.ReportTest$TwoMaintenancesOfOneHost#theYoungerHolderDoesNotCallAHostEmptyOnWhichAnInstanceIs"),
        Defect.of("keeps Drained for as long as a cloud asks for a pause", "drain/Drain")
            .where("soon ? known : pause", "pause")
            .caughtBy(
                "drain.EmptyCheckTest$WithoutAnObservation#theNextReconciliationComesWhenNothingIsKnownOfTheHostAnyMore",
                "operator.WatchTest$ABlindWatch#hidesNoHostThatItDoesNotWatchWhileTheCloudWantsToBeLeftAlone"),
        Defect.of("makes one observation of two clouds", "operator/HostObserver")
            .where("!acting(nova).identity().equals(begun.identity())", "false")
            .caughtBy(
                "operator.SeveralCloudsTest#cloudThatIsSwappedDuringAnObservationLosesNoInstance",
                "operator.SeveralCloudsTest#cloudThatIsSwappedDuringAnObservationHasNoNamesakeTaken"),
        Defect.of(
                "takes the services of the cloud before for those of now", "operator/HostObserver")
            .where("Math.max(moment, begun.since())", "moment")
            .caughtBy(
                "operator.SeveralCloudsTest#cloudThatIsSwappedBetweenTwoObservationsLosesNoInstance"),
        Defect.of("uses a list that only ended after the moment", "operator/SharedList")
            .where(
                "new Fetched<>(fetch.get(), began)",
                "new Fetched<>(fetch.get(), nanoTime.getAsLong())")
            .caughtBy("operator.SharedListTest#oneInFlightThatBeganBeforeTheMomentDoesNotServe"),
        Defect.of("calls a failed round a whole one", "operator/CloudWatch")
            .where("failure = Optional.of(e);", "failure = Optional.empty();")
            .caughtBy("operator.WatchTest$ABlindWatch#doesNotAskForEachHost"),
        Defect.of("ends a move by its record alone", "drain/MigrationCheck")
            .where("ended(last.migrations()).containsAll(ended(migrations))", "true")
            .where(
                "&& after.outstanding() && Objects.equals(before.requestTime(), after.requestTime())",
                "")
            .caughtBy("drain.MigrationCheckTest#decisionThatEndsAMoveIsNotOne"));
  }

  // ---------------------------------------------------------------- when a host is empty

  private static List<Defect> empty() {
    return List.of(
        Defect.of("believes the first empty look", "drain/Drain")
            .where("\"False\", HostMessages.seenEmpty(", "\"True\", HostMessages.seenEmpty(")
            .caughtBy("drain.EmptyCheckTest#oneEmptyCheckDoesNotMakeTheHostDrained", WORLDS),
        Defect.of("does not let the host settle between its two looks", "drain/Drain")
            .where(
                "if (apart.compareTo(context.settings().settle()) < 0)", "if (apart.isNegative())")
            .caughtBy("drain.EmptyCheckTest#twoEmptyChecksMustBeSettleTimeApart"),
        Defect.of("times its two looks by its own clock", "drain/Drain")
            .where(
                "Duration.between(first, context.snapshot().began())",
                "Duration.between(first, context.now())")
            .caughtBy("drain.EmptyCheckTest#settleTimeIsMeasuredByNovasClock"),
        Defect.of(
                "goes on from the first empty look though the host was filled since", "drain/Drain")
            .where(
                "report.status().firstEmptyTime(null); report.condition(Condition.DRAINED, \"False\","
                    + " new Cause(Reason.NotEmpty, occupied.get()));",
                "report.condition(Condition.DRAINED, \"False\","
                    + " new Cause(Reason.NotEmpty, occupied.get()));")
            .caughtBy("drain.EmptyCheckTest#settleTimeStartsAgainAfterACheckFindsAnInstance"),
        Defect.of("does not believe placement", "drain/EmptyCheck")
            .where("occupiedByNova().or(this::allocated)", "occupiedByNova()")
            .caughtBy(
                "drain.EmptyCheckTest$PlacementConsumers#keepTheHostNotEmptyWhileAnInstanceIsBeingBuilt",
                WORLDS),
        Defect.of("lets a row wait for a tie that is gone while a move hangs", "drain/InstanceRows")
            .where(": emptyCheck.mayArrive(detail)", ": true")
            .caughtBy(
                "drain.EmptyCheckTest$AnIncomingInstance#isGoneWhenItDoesNotArriveWhileTheOperatorTracksItsOwnMoves"),
        Defect.of("does not count a finished migration", "nova/Migration")
            .where("\"finished\",", "")
            .caughtBy(
                "drain.EmptyCheckTest#incomingMigrationCountsOnlyWhileItsInstanceReallyMigrates",
                WORLDS),
        Defect.of("calls a resize that the spec leaves unconfirmed stuck", "drain/EmptyCheck")
            .where(" && !live(m) && !stays(m)", " && !live(m)")
            .caughtBy(
                "drain.EmptyCheckTest#recordOfAnUnconfirmedResizeThatTheSpecLeavesIsNotReportedAsStuck"),
        Defect.of("does not count an instance on its way back", "drain/EmptyCheck")
            .where("&& !migration.reverted()", "")
            .caughtBy(
                "drain.EmptyCheckTest#incomingMigrationCountsOnlyWhileItsInstanceReallyMigrates"),
        Defect.of("counts records that nothing stands behind", "drain/EmptyCheck")
            .where("default -> !instance.idle() || recent(migration);", "default -> true;")
            .caughtBy(
                "drain.EmptyCheckTest#incomingMigrationCountsOnlyWhileItsInstanceReallyMigrates"),
        Defect.of("asks for migrations after servers", "operator/HostObserver")
            .where(
                "var page = nova.newestMigrations(host); var unfinished = unfinished(page);"
                    + " remembered.unfinished(unfinished.stream().map(Migration::id).toList());",
                "")
            .where(
                "var migrations = new ArrayList<>(unfinished);",
                "var page = nova.newestMigrations(host);"
                    + " var migrations = new ArrayList<>(unfinished(page));")
            .caughtBy(
                "operator.MaintenanceLoopTest#fullCheckReadsMigrationsOnceBetweenTheTwoServiceLists"),
        Defect.of("forgets a resize of what stays, begun after the lists", "drain/EmptyCheck")
            .where("&& instance.idle() && !resizedSince(instance)", "&& instance.idle()")
            .caughtBy(
                "drain.EmptyCheckTest$PlacementConsumers#keepTheHostFromReadyWhenAnInstanceThatStaysWasResizedSince"),
        Defect.of(
                "watches a host on which one that may still come has a place", "drain/WatchedHost")
            .where(".filter(s -> !mayArriveUnseen(s, snapshot))", "")
            .caughtBy(
                "drain.WatchedHostTest#watchDoesNotStandForAHostOnWhichAnInstanceThatIsElsewhereHasItsPlace",
                "operator.WatchTest$WhatIsOtherwise#anInstanceThatArrivesByALeftRecordIsFoundWithinTwoMinutes"),
        Defect.of("takes a build for no arrival, since it has no record", "drain/WatchedHost")
            .where(
                "c.migration().map(Migration::unfinished).orElse(true)",
                "c.migration().map(Migration::unfinished).orElse(false)")
            .caughtBy(
                "drain.WatchedHostTest#watchDoesNotStandForAHostOnWhichAnInstanceThatIsNowhereHasItsPlace",
                "operator.WatchTest$WhatIsOtherwise#anInstanceThatLandsThoughItsStateWasResetIsFoundWithinTwoMinutes"),
        Defect.of("logs in although Keystone asks to be left alone", "nova/openstack4j/Session")
            .where(
                "(left(pause, nanoTime) || asked(nanoTime).isPresent())", "left(pause, nanoTime)")
            .caughtBy(
                "nova.openstack4j.SessionTest#loginIsNotRepeatedForAsLongAsKeystoneAsksToBeLeftAlone"),
        Defect.of("tells only after a round of the watch who is unseen", "operator/MaintenanceLoop")
            .where("watch.unseen(steady(), settings.observationTimeout()).forEach(wake);", "")
            .caughtBy(
                "operator.WatchTest$ABlindWatch#tellsOfAHostThatWasNotSeenForLongBeforeItsNextRoundAsks"),
        Defect.of("takes a revert for no arrival", "drain/WatchedHost")
            .where(
                ".anyMatch(c -> c.migration().map(Migration::unfinished).orElse(true))",
                ".anyMatch(c -> c.migration().isEmpty())")
            .caughtBy(
                "drain.WatchedHostTest#watchDoesNotStandForAHostToWhichARevertMayBringAnInstanceBack"),
        Defect.of("observes a host that nobody can reach each minute", "drain/WatchedHost")
            .where("return service.up()\n        && snapshot", "return snapshot")
            .caughtBy(
                "drain.WatchedHostTest#watchStandsForAHostWhoseNovaComputeDoesNotRunSoThatNobodyCanArrive"),
        Defect.of("takes a resize that is over for one that waits", "drain/InstanceRows")
            .where(".filter(detail -> !isOverIn(detail, migration))", "")
            .caughtBy(
                "drain.InstanceRowsTest#instanceWhoseConfirmationEndsAmidTheObservationIsMoved"),
        Defect.of("believes the lists of Nova alone", "drain/EmptyCheck")
            .where("occupiedByLists().or(this::resident)", "occupiedByLists()")
            .caughtBy(
                "operator.MaintenanceLoopTest$IncompleteLists#neverMakeAHostWithInstancesEmpty"),
        Defect.of("asks placement about the first hypervisor alone", "operator/HostObserver")
            .where(
                "for (var hypervisor : hypervisors.of(host)) { var allocations",
                "for (var hypervisor : hypervisors.of(host).subList(0, 1)) { var allocations")
            .caughtBy("operator.MaintenanceLoopTest$HypervisorsOfOneHost#areAllQueriedInPlacement"),
        Defect.of("asks for unfinished migrations against their life cycle", "nova/Migration")
            .where(
                "\"accepted\", \"queued\", \"pre-migrating\", \"preparing\",",
                "\"running\", \"preparing\", \"pre-migrating\", \"queued\", \"accepted\",")
            .where("\"migrating\", \"running\", \"running", "\"migrating\", \"running")
            .caughtBy(
                "operator.MaintenanceLoopTest#fullCheckReadsManyMigrationsByStatusInLifeCycleOrder"),
        Defect.of("sees a host whose cell is silent", "drain/Drain")
            .where("anyMatch(ComputeService::unknown)", "anyMatch(s -> s == null)")
            .caughtBy(
                "drain.EmptyCheckTest$WithoutAnObservation#drainedIsUnknownWhenTheCellIsDownForThreeMinutes"),
        Defect.of("takes a host that is enabled, or silent, for empty", "drain/EmptyCheck")
            .where("service.isEmpty() || !service.get().disabled()", "service.isEmpty()")
            .caughtBy("drain.EmptyCheckTest#hostIsNotDrainedOnceItsServiceIsEnabled"),
        Defect.of("takes a host without knowing who holds one", "operator/MaintenanceLoop")
            .where("resources.list(budget::enter);", "")
            .caughtBy(
                "operator.MaintenanceLoopTest$ALaggingWatch#doesNotLetARestartedOperatorTakeAHeldHost"),
        Defect.of("believes a watch that has lost the holder of a host", "operator/MaintenanceLoop")
            .where(
                "!resources.watched(name) && resources.read(name).isEmpty()",
                "!resources.watched(name)")
            .caughtBy(
                "operator.MaintenanceLoopTest$ALaggingWatch#doesNotReleaseAHostWhoseHolderItDoesNotShow"),
        Defect.of("waits without end for who has vanished", "operator/MaintenanceLoop")
            .where("!resources.watched(name) && resources.read(name).isEmpty()", "name == null")
            .caughtBy(
                "operator.MaintenanceLoopTest$ASecondMaintenanceOfTheHost#continuesWhenTheHolderDisappearsWithoutACleanup",
                "operator.MaintenanceLoopTest$SeveralHosts#whoseResourceDisappearsHoldNoSlotAfterAnIdlePoll"),
        Defect.of("takes a host for another one by its name alone", "operator/MoveBudget")
            .where(
                "e -> e.cloud().equals(cloud) || e.serviceId().filter(serviceIds::contains).isPresent()",
                "e -> e.cloud().equals(cloud)")
            .caughtBy(
                "operator.SeveralCloudsTest#twoNamesOfOneCloudDoNotTakeAHostTwice",
                "simulation.StoriesTest#secondNameOfACloudTakesNoHostThatAResourceHolds"),
        Defect.of("takes namesakes of two clouds for one host", "operator/MoveBudget")
            .where(
                "e -> e.cloud().equals(cloud) || e.serviceId().filter(serviceIds::contains).isPresent()",
                "e -> true")
            .caughtBy(
                "simulation.StoriesTest#hostsOfTheSameNameInTwoCloudsAreDrainedAtTheSameTime",
                WORLDS),
        Defect.of("requests of the default what namesakes need", "operator/MaintenanceLoop")
            .where("return cloud(resource).nova();", "return clouds.named(\"\").nova();")
            .caughtBy(
                "simulation.StoriesTest#hostsOfTheSameNameInTwoCloudsAreDrainedAtTheSameTime",
                WORLDS),
        Defect.of("gives namesakes one list of services", "operator/HostObserver")
            .where(
                "private final SharedList<List<ComputeService>> services;",
                "private static SharedList<List<ComputeService>> services;")
            .caughtBy(
                "simulation.StoriesTest#hostsOfTheSameNameInTwoCloudsAreDrainedAtTheSameTime",
                WORLDS),
        Defect.of("has one watch for namesakes", "operator/MaintenanceLoop")
            .where(
                "var watch = clouds.named(name).watch();",
                "var watch = clouds.named(\"\").watch();")
            .caughtBy(
                "simulation.StoriesTest#hostsOfTheSameNameInTwoCloudsAreDrainedAtTheSameTime",
                WORLDS),
        Defect.of("asks nobody while some cloud is down, namesakes too", "operator/MaintenanceLoop")
            .where(
                "cloud.watch().of(name(resource)).filter(this::unseenForLong).isPresent()"
                    + " ? cloud.watch().failure() : Optional.<NovaException>empty();",
                "clouds.known().stream().flatMap(c -> c.watch().failure().stream()).findFirst();")
            .caughtBy("simulation.StoriesTest#cloudThatIsDownFromTheStartHoldsUpNoOther", WORLDS),
        Defect.of("takes a namesake after a restart with another cloud", "drain/Drain")
            .where(
                "case Snapshot snapshot when ofOtherCloud(input.resource(), snapshot) -> {",
                "case Snapshot snapshot when snapshot == null -> {")
            .caughtBy(
                "drain.OtherCloudTest#namesakeOfTheHostIsNotTouched",
                "operator.SeveralCloudsTest#restartWithAnotherCloudOfTheNameTakesNoNamesake"),
        Defect.of("reads a Secret of another namespace", "operator/KubernetesSecrets")
            .where(".inNamespace(namespace)", ".inAnyNamespace()")
            .caughtBy(
                "operator.KubernetesSecretsTest#secretOfAnotherNamespaceIsNotRead",
                "operator.CloudsOfSecretsTest#secretOfAnotherNamespaceServesNoResource"),
        Defect.of("takes one of two sources of a cloud", "nova/openstack4j/NamedCloud")
            .where("secret.isPresent() && inFile.isPresent()", "secret == null")
            .caughtBy("nova.openstack4j.NamedCloudTest#inFileAndSecretAtOnceIsRefused"),
        Defect.of("reads a file that a Secret names", "nova/openstack4j/CloudEntry")
            .where(
                "refuseFile(String key, String remedy) { if (fields.value(key).isPresent()) {",
                "refuseFile(String key, String remedy) { if (key == null) {")
            .caughtBy("nova.openstack4j.NamedCloudTest#secretNamesNoFileOfTheOperatorsMachine"),
        Defect.of("lets a silent cloud have every thread", "operator/HostMaintenanceOperator")
            .where(
                "Executors.newThreadPerTaskExecutor( Thread.ofVirtual().name(\"reconciliation-\","
                    + " 0).factory())",
                "Executors.newFixedThreadPool(16)")
            .caughtBy("operator.CloudsOfSecretsTest#cloudThatDoesNotAnswerHoldsUpNoOther"),
        Defect.of("lets a cloud take the places of another one", "operator/MoveBudget")
            .where(
                "Entry.of(resource, cloudOf.apply(resource), status)",
                "Entry.of(resource, \"\", status)")
            .caughtBy("operator.SeveralCloudsTest#hostsThatDrainInOneCloudTakeNoPlaceOfAnother"),
        Defect.of("wakes nobody when a host becomes free", "operator/MoveBudget")
            .where(
                "if (old.inTheWay() && (next == null || !next.inTheWay())) {",
                "if (name == null) {")
            .caughtBy(
                "operator.MaintenanceLoopTest$ASecondMaintenanceOfTheHost#isReconciledWhenTheHolderIsGoneAndDisablesTheService"),
        Defect.of("wakes nobody when a place becomes free", "operator/MoveBudget")
            .where("(old.draining() || old.waiting()) && !stands", "name == null")
            .caughtBy(
                "operator.MaintenanceLoopTest$SeveralHosts#thatWaitContinueOldestFirstWhenASlotBecomesFree"),
        Defect.of("does not heed the age of those that wait", "operator/MoveBudget")
            .where("waiting.headSet(own).stream()", "waiting.headSet(own).stream().limit(0)")
            .caughtBy(
                "operator.MaintenanceLoopTest$SeveralHosts#thatWaitContinueOldestFirstWhenASlotBecomesFree"),
        Defect.of("lets a dead host hold its place", "drain/HostClaim")
            .where(
                "if (!holdsHost(status) || Report.phase(status) != Phase.Draining) {",
                "if (!holdsHost(status)) {")
            .caughtBy("operator.MaintenanceLoopTest$SeveralHosts#thatAreDownHoldNoSlot"),
        Defect.of("drains a host without a turn once it holds it", "drain/Drain")
            .where("\n        && context.input().turn().come()", "")
            .caughtBy("drain.ReportTest#maintenanceThatHoldsItsHostWaitsForItsTurnBeforeNewMoves"),
        Defect.of("stays sure of a host that it no longer sees", "drain/Drain")
            .where("if (forLong && taken)", "if (forLong && previous == null)")
            .caughtBy(
                "drain.EmptyCheckTest$WithoutAnObservation#drainedAndReadyAreUnknownAfterThreeMinutes"),
        Defect.of("leaves out the soft-deleted", "nova/openstack4j/OpenStack4jNova")
            .where(".with(\"soft_deleted\", \"1\")", "")
            .caughtBy(
                "nova.openstack4j.OpenStack4jNovaTest#instanceListIncludesAllProjectsAndSoftDeletedInstances"),
        Defect.of("leaves out other projects", "nova/openstack4j/OpenStack4jNova")
            .where(".with(\"all_tenants\", \"1\")", "")
            .caughtBy(
                "nova.openstack4j.OpenStack4jNovaTest#instanceListIncludesAllProjectsAndSoftDeletedInstances"),
        Defect.of("reads the first page only", "nova/openstack4j/OpenStack4jNova")
            .where("if (next.isEmpty())", "if (true)")
            .caughtBy("nova.openstack4j.OpenStack4jNovaTest#everyPageOfTheInstanceListIsRead"));
  }

  // ---------------------------------------------------------------- asked once

  private static List<Defect> askedOnce() {
    return List.of(
        Defect.of("works on the status of a newer operator", "drain/Drain")
            .where(".filter(HostMaintenanceStatus::newer)", ".filter(s -> s == null)")
            .caughtBy("operator.StoredStatusTest#olderOperatorLeavesItAloneAndSaysSo"),
        Defect.of("asks before its intent is stored", "operator/MaintenanceLoop")
            .where(
                "var before = nanoTime.getAsLong();",
                "var before = nanoTime.getAsLong(); for (var command : decision.commands()) {"
                    + " carryOut(resource, command, observation, before); }")
            .caughtBy(
                "operator.MaintenanceLoopTest$Intents#areStoredInTheStatusBeforeTheirRequestIsSent",
                WORLDS),
        Defect.of("announces what it has no request for", "operator/MaintenanceLoop")
            .where(
                "return nova.reserving(() -> announceAndSend(resource, memory, observation, decision));",
                "return announceAndSend(resource, memory, observation, decision);")
            .caughtBy(
                "operator.MaintenanceLoopTest$Intents#areNotStoredWhileAllRequestPermitsAreInUse"),
        Defect.of("asks though its intent could not be stored", "operator/MaintenanceLoop")
            .where("e.getMessage()); return new Result(Duration.ZERO, false);", "e.getMessage());")
            .caughtBy(
                "operator.MaintenanceLoopTest$Intents#thatCouldNotBeStoredAreNotSent", WORLDS),
        Defect.of("stores its status over whatever stands there", "operator/KubernetesResources")
            .where(
                "return unlessChanged(() -> client.resource(resource).updateStatus());",
                "resource.getMetadata().setResourceVersion(null); return"
                    + " unlessChanged(() -> client.resource(resource).updateStatus());")
            .caughtBy(
                "operator.KubernetesTest$TheResourceStore#rejectsAStatusOfAnOldResourceVersionAsAConflict"),
        Defect.of(
                "stores a decision with a version that it has not decided from",
                "operator/MaintenanceLoop")
            .where(
                "next.setMetadata(resource.getMetadata());",
                "next.setMetadata(resources.read(name(resource)).orElse(resource).getMetadata());")
            .caughtBy(
                "operator.MaintenanceLoopTest$Intents#areNotStoredOnAVersionThatTheyWereNotDecidedFrom"),
        Defect.of("asks late after its intent", "operator/MaintenanceLoop")
            .where("STALE_INTENT = Duration.ofSeconds(5)", "STALE_INTENT = Duration.ofMinutes(5)")
            .caughtBy("operator.MaintenanceLoopTest$Intents#thatTookSixSecondsToStoreAreNotSent"),
        Defect.of("acts on an old look", "drain/instance/Deadlines")
            .where("FRESH = Duration.ofSeconds(30)", "FRESH = Duration.ofHours(30)")
            .caughtBy(
                "operator.MaintenanceLoopTest$Intents#areNotDecidedFromListsThatTook31Seconds"),
        Defect.of("confirms what it does not read again", "operator/Preconditions")
            .where("-> confirmationDue(resource, confirm.instanceId());", "-> true;")
            .caughtBy(
                "operator.MaintenanceLoopTest#confirmationIsNotSentWhenTheOwnerHasAlreadyConfirmed"),
        Defect.of("acts without the lease", "operator/MaintenanceLoop")
            .where("!leading.getAsBoolean() ||", "")
            .caughtBy("operator.MaintenanceLoopTest$Intents#areNotSentByAProcessThatLostTheLease"),
        Defect.of("stores a status without the lease", "operator/MaintenanceLoop")
            .where("var may = leading.getAsBoolean();", "var may = true;")
            .caughtBy("operator.MaintenanceLoopTest$AProcessThatLostTheLease#storesNothing"),
        Defect.of("releases a resource without the lease", "operator/MaintenanceLoop")
            .where(
                "(decision.release()) { if (!mayStore(resource))",
                "(decision.release()) { if (false)")
            .caughtBy("operator.MaintenanceLoopTest$AProcessThatLostTheLease#releasesNoResource"),
        Defect.of("does not count the time that its lease is asked for", "operator/MaintenanceLoop")
            .where(
                "!leading.getAsBoolean() || since(before).minus(read).compareTo(STALE_INTENT) > 0",
                "since(before).minus(read).compareTo(STALE_INTENT) > 0 || !leading.getAsBoolean()")
            .caughtBy(
                "operator.MaintenanceLoopTest$Intents#areNotSentWhenTheCheckOfTheLeaseTookSixSeconds"),
        Defect.of("believes that it leads until it is told otherwise", "operator/Lease")
            .where("identity.equals(spec.getHolderIdentity()) && spec", "spec")
            .caughtBy("operator.LeaseTest#isNotHeldOnceTheApiServerNamesAnotherOperator"),
        Defect.of("believes in a lease whose time is over", "operator/Lease")
            .where(
                "&& clock.instant().isBefore(spec.getRenewTime().toInstant().plus(DURATION))", "")
            .caughtBy("operator.LeaseTest#isNotHeldAfterItsDurationEvenWhenNobodyElseTookIt"),
        Defect.of("takes an unknown outcome for not done", "drain/OutcomeRecorder")
            .where("failure.outcomeUnknown() ? unknown(", "failure == null ? unknown(")
            .caughtBy(
                "drain.OutcomeRecorderTest#rowStaysRequestedWhileTheOutcomeIsUnknown",
                "simulation.StoriesTest#lostReplyIsNotRepeated"),
        Defect.of("asks again without waiting for a late answer", "drain/instance/RequestTracker")
            .where(
                "var over = view.waited().compareTo(view.host().answerWait()) >= 0;",
                "var over = true;")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isNotRepeatedWithin70Seconds",
                "simulation.StoriesTest#requestInFlightIsNotRepeatedAfterAnOperatorCrash"),
        Defect.of("asks again without looking", "drain/instance/RequestTracker")
            .where(
                "records.actions(row).stream() .filter(a -> RequestRecords.afterIntent(row, a.startTime())) .toList()",
                "List.<InstanceAction>of()")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isMatchedToTheOnlyLaterInstanceActionOfTheOperatorsUser"),
        Defect.of(
                "asks again while Nova is busy with the instance", "drain/instance/RequestTracker")
            .where("if (over && instance.idle())", "if (over)")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isNotRepeatedWhileTheInstanceHasATask"),
        Defect.of("asks again as another attempt", "drain/instance/RequestTracker")
            .where(
                "row.toBuilder().attempts(row.attemptsMade() - 1).requestTime(null)",
                "row.toBuilder().requestTime(null)")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isRepeatedAfter70SecondsAsTheSameAttempt"),
        Defect.of("adopts an action of another user", "drain/instance/RequestRecords")
            .where(".filter(a -> asker(row).userId().equals(a.userId()))", "")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isNotMatchedToAnActionOfAnotherUserOrProject"),
        Defect.of("adopts an action of another project", "drain/instance/RequestRecords")
            .where(".filter(a -> asker(row).projectId().equals(a.projectId()))", "")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isNotMatchedToAnActionOfAnotherUserOrProject"),
        Defect.of("adopts an action from before its intent", "drain/instance/RequestTracker")
            .where(".filter(a -> RequestRecords.afterIntent(row, a.startTime()))", "")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isNotMatchedToAnActionThatStartedBeforeIt"),
        Defect.of("adopts one of two actions", "drain/instance/RequestTracker")
            .where("if (ours.size() == 1)", "if (!ours.isEmpty())")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isNotMatchedWhenTwoActionsFit"),
        Defect.of("forgets who has asked", "drain/instance/RequestRecords")
            .where("return row.requestUserId() == null", "return row != null")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isMatchedByTheUserThatSentItAfterTheOperatorsUserChanged"),
        Defect.of("knows its records by their time alone", "drain/instance/RequestRecords")
            .where("return byOrder(row) .or(", "return Optional.<Long>empty() .or(")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ClocksThatDiffer#doNotHideThatAMoveFailed"),
        Defect.of("knows a lost request by Nova's clocks alone", "drain/instance/RequestTracker")
            .where("records .movingAction(row)", "Optional.<InstanceAction>empty()")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ClocksThatDiffer#doNotHideACompletedMoveWhoseAnswerWasLost",
                "simulation.StoriesTest#moveWithALostReplyIsRecognizedThoughClocksOfNovaHostsDiffer"),
        Defect.of(
                "asks again though the clocks may hide its request",
                "drain/instance/RequestTracker")
            .where("if (doubtful.isPresent() && !Refusals.forLong(row))", "if (row == null)")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ClocksThatDiffer#useUpTheAttemptThatMayHaveFailed",
                "drain.instance.MigrationTrackerTest$ClocksThatDiffer#useUpTheAttemptThatMayHaveFailedAlsoAfter15Minutes"),
        Defect.of(
                "takes a short list of records for somebody else's move",
                "drain/instance/RequestRecords")
            .where("return view.records().isEmpty()", "return row == null")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$TheMigrationOfARequest#isAwaitedWhileNovaShowsNone"),
        Defect.of(
                "follows the record that an earlier attempt left", "drain/instance/RequestRecords")
            .where(".or(() -> moving(row)) .or(() -> stored)", ".or(() -> stored)")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$TheMigrationOfARequest#replacesTheStuckOneOfAnEarlierAttempt"),
        Defect.of(
                "orders a pause and a move by clocks that are apart",
                "drain/instance/StrategyTable")
            .where("live.stream().limit(asked)", "live.stream().limit(0)")
            .caughtBy(
                "drain.instance.StrategyTableTest#instancePausedAndThenLiveMigratedIsBlockedWhateverTheMigrationsClock"),
        Defect.of("keeps its own clock with an intent", "drain/InstanceRows")
            .where(".observedTime(context.snapshot().date())", ".observedTime(context.now())")
            .caughtBy(
                "drain.InstanceRowsTest#observedTimeIsNovasClockAndRequestTimeIsTheOperatorsClock"),
        Defect.of("confirms whatever its user asked for", "drain/instance/RequestRecords")
            .where(".filter(m -> !way.confirms() || underOurAction(row, m))", "")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$TheMigrationOfARequest#isNotAColdMigrationThatFollowsALaterActionOfSomeoneElse"),
        Defect.of("confirms a resize", "drain/instance/RequestRecords")
            .where("&& migration.type().equals(operation.recordType())", "")
            .caughtBy("drain.instance.MigrationTrackerTest$TheMigrationOfARequest#isNeverAResize"),
        Defect.of(
                "confirms though another one waits to be confirmed",
                "drain/instance/MigrationTracker")
            .where("if (finished.size() > 1)", "if (finished.size() > 9)")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$AFinishedColdMigration#isNotConfirmedWhileAnotherMigrationOfTheInstanceIsFinishedToo"),
        Defect.of(
                "confirms only what a list nobody asks for would show",
                "drain/instance/DetailQueries")
            .where("confirms && anyFinished(row, migrations)", "row == null")
            .caughtBy("drain.instance.MigrationTrackerTest$AFinishedColdMigration#isConfirmed"),
        Defect.of("confirms again at every look", "drain/instance/MigrationTracker")
            .where("!begun || view.waited().compareTo(host.answerWait()) >= 0", "true")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$AFinishedColdMigration#isConfirmedAgainOnlyAfter70SecondsWithoutAnAnswer"),
        Defect.of("takes a refused state for not done", "drain/OutcomeRecorder")
            .where(
                "var said = said(failure); return switch",
                "var said = said(failure); if (failure.kind() == NovaException.Kind.CONFLICT) {"
                    + " return Refusals.refused(row, new Cause(Reason.Waiting, said), failure.retryAfter(),"
                    + " now); }"
                    + " return switch")
            .caughtBy(
                "drain.OutcomeRecorderTest#conflictCountsAsAcceptedWhenNovaShowsTheOperatorsOwnAction",
                "drain.OutcomeRecorderTest#instanceFailsWhenConflictsUseUpAllAttempts"));
  }

  // ---------------------------------------------------------------- an end

  private static List<Defect> ends() {
    return List.of(
        Defect.of("goes on asking after the time of the drain", "drain/Drain")
            .where("&& context.drainTimeout().isEmpty()", "")
            .caughtBy("drain.DrainTimeoutTest#movesAreRequestedUntilTheTimeIsOver", WORLDS),
        Defect.of("counts the time of a drain anew at each observation", "drain/Report")
            .where("since == null ? context.now() : since", "context.now()")
            .caughtBy("drain.DrainTimeoutTest#timeCountsFromWhenTheHostWasTaken"),
        Defect.of("asks for what is refused at one pace for ever", "drain/instance/Refusals")
            .where("refusedFor.dividedBy(4)", "Duration.ZERO")
            .caughtBy(
                "drain.instance.RefusalsTest#retryPauseGrowsWithTheTimeOfRefusalUpTo15Minutes",
                "drain.instance.RefusalsTest#moveRefusedForADayIsBlockedAndRequestedOnlyAFewTimesAnHour"),
        Defect.of("never calls for a human about a refusal", "drain/InstanceRows")
            .where("if (sayingWhyItFailed(row) && Refusals.tooLong(row))", "if (row == null)")
            .caughtBy(
                "drain.instance.RefusalsTest#moveRefusedForADayIsBlockedAndRequestedOnlyAFewTimesAnHour"),
        Defect.of("takes a rate limit for a refusal for good", "nova/openstack4j/Failures")
            .where(
                "case 413, 429, 497, 498 -> Kind.TOO_MANY_REQUESTS;",
                "case 429 -> Kind.TOO_MANY_REQUESTS; case 498 -> Kind.BAD_REQUEST;")
            .caughtBy(
                "nova.openstack4j.OpenStack4jNovaTest#httpStatusOfAFailedWriteDecidesItsKindAndWhetherItsOutcomeIsKnown"),
        Defect.of("asks for a member of a hard affinity group", "drain/instance/StrategyTable")
            .where("view.group(\"affinity\")", "view.group(\"none\")")
            .caughtBy(
                "drain.InstanceRowsTest$MembersOfOneServerGroup#areBlockedByHardAffinityEvenWhenOnlyOneIsLeft"),
        Defect.of("does not see a stranger's move before its own", "drain/MoveQueue")
            .where("i.migrating() && isExternal(i)", "i == null")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$AMoveQueuedBehindAnExternalMigration#waitsAndIsNotInconsistent"),
        Defect.of("tries without end", "drain/instance/RowTransitions")
            .where("row.step() != null || !more", "row.step() != null")
            .caughtBy(
                "drain.instance.MigrationTrackerTest#instanceFailsAfterItsLastAttempt", WORLDS),
        Defect.of("tries again at once", "drain/instance/Deadlines")
            .where("10L << 2 * Math.min(Math.max(attempts - 1, 0), 3)", "0L")
            .caughtBy(
                "drain.instance.MigrationTrackerTest#backOffGrowsWithEachAttemptUpTo300Seconds"),
        Defect.of("waits without end in Nova's queue", "drain/instance/MigrationTracker")
            .where("|| host.stands(row, Reason.Queued, Deadlines.QUEUEING)", "")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$AQueuedMove#isBlockedAfterTenMinutesWhenNoOtherMoveRuns"),
        Defect.of("waits without end for what Nova dropped", "drain/instance/MigrationTracker")
            .where(
                "if (host.ago(row.requestTime()).compareTo(Deadlines.DROPPED) < 0)",
                "if (host != null)")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$AnAcceptedRequest#thatNovaShowsNoTraceOfIsGivenUpAfterOneMinute"),
        Defect.of("waits without end for a move that runs", "drain/instance/MigrationTracker")
            .where("if (host.ago(shown.startTime()).compareTo(limit) < 0)", "if (host != null)")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARunningMove#isAbortedAfterTheInstanceTimeoutOfTheSpec"),
        Defect.of("waits without end for a foreign task", "drain/InstanceRows")
            .where(
                "context.ago(row.lastTransitionTime()).compareTo(wait.atMost()) >= 0",
                "context == null")
            .caughtBy("drain.instance.StrategyTableTest#instanceWithATaskIsBlockedAfterAnHour"),
        Defect.of("does not call for the human it waits for", "drain/Drain")
            .where("return needy.isEmpty()", "return needy != null")
            .caughtBy(
                "drain.ReportTest#blockedMaintenanceCountsTheInstancesAndNamesTheCommandThatHelps"));
  }

  // ---------------------------------------------------------------- ways of several operations

  private static List<Defect> ways() {
    return List.of(
        Defect.of("takes a disk of unknown size for a small one", "drain/instance/StrategyTable")
            .where("(size == null || size > limit)", "size != null && size > limit")
            .caughtBy("drain.LocalDiskTest#sizeOfTheLocalDiskDecidesWhetherAMoveMayCopyIt"),
        Defect.of("copies a disk that is too large cold", "drain/instance/StrategyTable")
            .where("move == Operation.COLD_MIGRATE || mayCopyDisks(spec)", "mayCopyDisks(spec)")
            .caughtBy("drain.LocalDiskTest#fallbackToAColdMigrationIsHeldToTheLimit", WORLDS),
        Defect.of("asks a compute that is silent for a step", "drain/instance/HostView")
            .where("&& all.getFirst().updatedAt() != null", "|| true")
            .caughtBy(
                "drain.WaysOfInstancesTest#wayDoesNotBeginAtAComputeThatWasNotHeardOfForAMinute"),
        Defect.of("resumes a guest that has nowhere to go", "drain/instance/Destinations")
            .where(
                "limits.add(new Limit(reason, said));",
                "if (reason != Reason.NoCapacity) limits.add(new Limit(reason, said));")
            .caughtBy("drain.WaysOfInstancesTest#wayDoesNotBeginWherePlacementHasNoOtherHost"),
        Defect.of("changes guests before the plain moves are done", "drain/InstanceRows")
            .where("&& (plain || !goesSomewhere(row))", "&& false")
            .caughtBy(
                "drain.WaysOfInstancesTest#wayThatChangesTheGuestBeginsAfterTheMovesThatDoNot"),
        Defect.of("takes an accepted step for done", "drain/instance/Operation")
            .where("i.idle() && i.vmState().equals(to)", "i.idle() || i.vmState().equals(to)")
            .caughtBy("drain.WaysOfInstancesTest#nextOperationFollowsOnlyOnTheStateOfTheLastOne"),
        Defect.of("overrides what somebody else did on the way", "drain/instance/WayTracker")
            .where(
                "var other = byOthers(seen); return other.isPresent()",
                "var other = byOthers(seen); return other.isPresent() && row == null")
            .caughtBy("drain.WaysOfInstancesTest#actionOfSomeoneElseEndsTheWay"),
        Defect.of("takes a lock for a word on the guest", "drain/instance/WayTracker")
            .where("&& !action.leavesState()", "")
            .caughtBy("drain.WaysOfInstancesTest#lockOfItsOwnerDoesNotEndTheWay"),
        Defect.of("leaves a suspended guest running", "drain/instance/RowTransitions")
            .where(
                "return Way.of(row).flatMap(Way::state).isPresent() ? restoring(row, cause, host.now())"
                    + " : end(row, state, cause, host.now());",
                "return end(row, state, cause, host.now());")
            .caughtBy(
                "simulation.WaysTest#suspendedInstanceMovesAndComesOutSuspendedWhateverBefallsAStep",
                "drain.WaysOfInstancesTest#moveOfSomeoneElseInTheMiddleOfAWayEndsItThereAndTheRowSaysSo",
                "drain.WaysOfInstancesTest#guestThatLeftInTheMiddleOfAWayWithoutAnActionOfAnyoneIsBroughtBackToItsState",
                "drain.WaysOfInstancesTest#guestThatIsMovedOnAmongOthersIsBroughtBackToItsState",
                "drain.WaysOfInstancesTest#guestThatItsMoveLeftInErrorIsFailedAndTheRowNamesTheStateThatItHad"),
        Defect.of("leaves a guest paused whose move Nova refused", "drain/instance/WayTracker")
            .where(
                "return row.nextAttemptTime() != null || row.because(Reason.Refused);",
                "return row.nextAttemptTime() != null;")
            .caughtBy(
                "drain.WaysOfInstancesTest#guestWhoseMoveNovaRefusesForGoodIsBroughtBackToItsState",
                "simulation.WaysTest#suspendedInstanceIsSuspendedAfterNovaRefusesAStepForGood"),
        Defect.of("touches a guest that may run on two hosts", "drain/instance/MigrationTracker")
            .where(
                "return ended(row, RowState.Failed, InstanceMessages.shownHere(",
                "return over(row, RowState.Failed, InstanceMessages.shownHere(")
            .caughtBy(
                "drain.WaysOfInstancesTest#guestThatMayRunOnTwoHostsIsNotTouchedAndTheRowNamesTheStateThatItHad"),
        Defect.of("does not start what it has stopped", "drain/Cleanup")
            .where("givenBack && stopped.isEmpty()", "givenBack")
            .caughtBy(
                "drain.WaysOfInstancesTest#instanceThatTheOperatorStoppedHoldsItsResourceWhileItIsNotSeen"),
        Defect.of(
                "takes the stop of a guest for an attempt to move it", "drain/instance/WayTracker")
            .where(".attempts(0)", "")
            .caughtBy(
                "drain.WaysOfInstancesTest#wayOfAnInstanceThatTheOperatorStoppedBeforeBeginsWithItsFirstAttempt"),
        Defect.of("does not start again what did not start", "drain/instance/WayTracker")
            .where(
                "return due && !givenUp(row) ? restore(row)", "return row == null ? restore(row)")
            .caughtBy("drain.WaysOfInstancesTest#startThatFailsIsAskedForAgainAfterAWhile"),
        Defect.of(
                "asks for ever for a move that its owner does not want",
                "drain/instance/WayTracker")
            .where("operation.get()).notAskedYet(row)", "operation.get()).refused(row)")
            .caughtBy("drain.WaysOfInstancesTest#wordOfTheOwnerEndsAWayWhoseMoveWasRefusedToo"),
        Defect.of("takes the end of a way for that of its undo", "drain/instance/WayTracker")
            .where(
                "if (!restoring(row) && (row.because(Reason.Refused)",
                "if ((row.because(Reason.Refused)")
            .caughtBy(
                "drain.WaysOfInstancesTest#lostAnswerOnTheWayBackIsAwaitedWhateverEndedTheWay"),
        Defect.of("forgets a stop where Nova's clocks are apart", "drain/instance/WayTracker")
            .where("? newest(row) : since", "? List.of() : since")
            .caughtBy(
                "drain.WaysOfInstancesTest#stopWhoseAnswerWasLostIsFoundByOrderWhereNovasClocksAreApart"),
        Defect.of("knows no start of what waits", "api/v1alpha1/RowState")
            .where(
                "case Pending -> EnumSet.of(Requested, Restoring,",
                "case Pending -> EnumSet.of(Requested,")
            .caughtBy(
                "drain.WaysOfInstancesTest#instanceThatIsBusyWhenTheResourceIsDeletedIsStartedOnceItIsAtRest"),
        Defect.of("calls its own move somebody else's", "drain/instance/RequestRecords")
            .where("&& action(row).filter(a -> !a.failed()).isPresent()", "&& row == null")
            .caughtBy(
                "drain.instance.MigrationTrackerTest#instanceThatLeftIsMovedByItsActionAloneWhereNovaShowsNoRecord"),
        Defect.of("stops a guest twice", "drain/instance/StrategyTable")
            .where(
                "return row.stopRequestId() == null ? new Move(", "return row != null ? new Move(")
            .caughtBy(
                "drain.instance.StrategiesOfStatesTest#instanceThatWasStoppedOnceIsNotStoppedAgain"),
        Defect.of("changes a locked instance", "drain/instance/StrategyTable")
            .where("way.changesState() && instance.locked()", "way.changesState() && row == null")
            .caughtBy(
                "drain.instance.StrategiesOfStatesTest#lockedInstanceIsChangedInNoOtherWayThanItsHost"),
        Defect.of("offloads what no image holds", "drain/instance/StrategyTable")
            .where("if (instance.extraDisks())", "if (row == null)")
            .caughtBy(
                "drain.instance.StrategiesOfStatesTest#shelvedInstanceWithDisksThatNoImageHoldsKeepsThem"),
        Defect.of("recovers a guest that may run elsewhere", "drain/instance/StrategyTable")
            .where("if (failed.isPresent())", "if (row == null)")
            .caughtBy(
                "drain.instance.StrategiesOfStatesTest#guestInErrorIsNotRecoveredWithinAnHourOfAMoveThatFailed"),
        Defect.of("confirms a resize as if it were a migration", "drain/instance/StrategyTable")
            .where("|| finished.getFirst().type().equals(Migration.COLD)", "|| row != null")
            .caughtBy(
                "drain.instance.StrategiesOfStatesTest#resizeIsConfirmedOnlyByTheStrategyForAllOfThem"),
        Defect.of("calls a host drained that instances stay on", "drain/Drain")
            .where("if (!stay.isEmpty())", "if (context == null)")
            .caughtBy(
                "drain.WaysOfInstancesTest#instancesThatTheSpecLeavesThereKeepTheHostFromDrainedButNotFromReady"),
        Defect.of("tells nobody of a confirmation that hangs", "drain/instance/StrategyTable")
            .where("if (instance.resized() && confirming.isPresent())", "if (row == null)")
            .caughtBy(
                "drain.WaysOfInstancesTest#confirmationThatHangsForAnHourIsReportedThoughTheResizeIsSkipped"),
        Defect.of(
                "falls back though the scheduler would say the same",
                "drain/instance/StrategyTable")
            .where(
                "Reason.Timeout) .anyMatch(row::because)", "Reason.Timeout) .anyMatch(r -> true)")
            .caughtBy(
                "drain.instance.StrategiesOfStatesTest#runningInstanceFallsBackOnlyWhereAnotherWayMayDoBetter"));
  }

  // ---------------------------------------------------------------- guests

  private static List<Defect> plans() {
    return List.of(
        Defect.of("does not see for an hour that a host has joined", "operator/Hypervisors")
            .where(".or(() -> younger(SOON).orElseGet(this::list).byId(id))", "")
            .caughtBy("operator.PlanModeTest#hostThatJoinedTheCloudIsACandidateSoon"),
        Defect.of("calls a host empty while Nova moves one of its instances", "drain/Drain")
            .where(".or(() -> busy(rows))", "")
            .caughtBy(
                "drain.EmptyCheckTest#migrationOfAnotherKeepsTheHostNotEmptyThoughNoListShowsItsRecord"),
        Defect.of("drains the host of a plan", "drain/Drain")
            .where(
                "input.resource().plans() ? Plan.decide(context) : decide(context)",
                "decide(context)")
            .caughtBy("drain.PlanTest$TouchesNothing#hasNoCommand", WORLDS),
        Defect.of("calls a plan feasible that does not fit together", "drain/Plan")
            .where("capacity.capacity() == Capacity.Short", "false")
            .caughtBy(
                "drain.PlanTest$Conditions#instancesThatFitAloneButNotTogetherHaveNoCapacity"),
        Defect.of("calls a plan feasible before all is known", "drain/Plan")
            .where("if (open.isPresent()) {", "if (false) {")
            .caughtBy("drain.PlanTest$Conditions#instanceThatNovaIsBusyWithIsNotKnownYet"),
        Defect.of("writes the same plan again and again", "drain/Plan")
            .where(".filter(before -> samePlans())", ".filter(before -> false)")
            .caughtBy("drain.PlanTest$Figures#samePlanIsTheSameStatus"),
        Defect.of("lets a plan keep others from the host", "operator/MoveBudget")
            .where(
                "!resource.plans() && HostClaim.wantsHost(status)", "HostClaim.wantsHost(status)")
            .caughtBy("operator.PlanModeTest#planDoesNotKeepAnotherResourceFromTheHost"),
        Defect.of("takes a host without the finalizer", "operator/MaintenanceLoop")
            .where(
                "write(held(resource, decision), decision.status(), memory)",
                "write(resource, decision.status(), memory)")
            .caughtBy("operator.PlanModeTest#hostThatIsTakenGetsTheFinalizerFirst"),
        Defect.of("offers a host that is in maintenance", "drain/DecisionContext")
            .where("!input.hostsInMaintenance().contains(h)", "true")
            .caughtBy("drain.PlanTest$Rows#hostThatTakesNoInstanceIsNoCandidate"),
        Defect.of("takes the hint same_host for different_host", "drain/instance/Hint")
            .where("name.equals(SAME_HOST) == hosts.contains(host)", "!hosts.contains(host)")
            .caughtBy("drain.instance.DestinationsTest#sameHostLeavesTheNamedHosts"),
        Defect.of(
                "names the last constraint though an earlier one left none",
                "drain/instance/Destinations")
            .where(
                "if (!remaining.isEmpty() && remaining.removeIf(allowed.negate()))",
                "if (remaining.removeIf(allowed.negate()) || remaining.isEmpty())")
            .caughtBy(
                "drain.instance.DestinationsTest#firstConstraintThatLeavesNoneIsTheReasonAndAllThatApplyAreNamed"),
        Defect.of("unpins a zone on a Nova that cannot", "drain/instance/InstanceMessages")
            .where("newest.compareTo(Microversion.UNPINS) >= 0", "true")
            .caughtBy("drain.instance.DestinationsTest#remedyForAZoneGoesByTheVersionOfNova"),
        Defect.of("counts the same room for every instance", "drain/instance/FirstFit")
            .where("left.merge(name, -amount, Long::sum)", "left.merge(name, 0L, Long::sum)")
            .caughtBy("drain.instance.FirstFitTest#instancesThatFitAloneButNotTogetherDoNotFit"));
  }

  private static List<Defect> guests() {
    return List.of(
        Defect.of("moves a guest twice while it is paused", "drain/instance/StrategyTable")
            .where("if (!movedSincePaused())", "if (chosen != null)")
            .caughtBy(
                "drain.instance.StrategyTableTest#instancePausedAndThenLiveMigratedIsBlocked",
                "simulation.StoriesTest#pausedInstanceThatHasJustArrivedIsNotMovedAgain"),
        Defect.of("starts a guest that is off", "drain/instance/StrategyTable")
            .where(
                "&& instance.powerState() != RUNNING && instance.powerState() != PAUSED",
                "&& instance == null")
            .caughtBy(
                "drain.instance.StrategyTableTest#activeInstanceWhoseGuestIsOffIsBlockedAfter15Minutes",
                WORLDS),
        Defect.of("live-migrates a stopped guest", "drain/instance/StrategyTable")
            .where(
                "case \"Cold\" -> new Move(Way.COLD, shown)",
                "case \"Cold\" -> new Move(Way.LIVE, shown)")
            .caughtBy(
                "drain.instance.StrategyTableTest#vmStateAndPowerStateDecideWhatHappensToAnIdleInstance"),
        Defect.of("moves members of one server group at once", "drain/InstanceRows")
            .where(
                "groups.stream().anyMatch(busy::contains)", "groups.stream().anyMatch(g -> false)")
            .caughtBy("drain.InstanceRowsTest$MembersOfOneServerGroup#moveOneAfterAnother"),
        Defect.of("moves more at once than the spec allows", "drain/InstanceRows")
            .where("full.add(way); continue;", "full.remove(way);")
            .caughtBy("drain.InstanceRowsTest#liveAndColdMigrationsHaveSeparateLimits"),
        Defect.of("queues one at the source with Auto", "drain/MoveQueue")
            .where("pace().wanted(observed, running)", "1")
            .caughtBy(
                "drain.InstanceRowsTest#withAutoNovaHasSoManyThatItsQueueDoesNotRunDry",
                "operator.DrainSpeedTest#queueAtTheSourceNeverRunsDry"),
        Defect.of("fills the queue at the source with what other hosts may have", "drain/MoveQueue")
            .where("Math.max(share, 1)", "Integer.MAX_VALUE")
            .caughtBy(
                "drain.MoveQueueTest$TheNumberOfAuto#isAtMostTheShareOfTheHostInTheMovesOfAllHosts"),
        Defect.of("forgets the limit of all hosts with Auto", "drain/InstanceRows")
            .where("if (free <= 0 ||", "if (")
            .caughtBy("drain.InstanceRowsTest#withAutoMovesStopAtTheLimitOfAllHosts"),
        Defect.of("goes on pausing past a deadline", "drain/MoveQueue")
            .where("filter(d -> d.compareTo(pause) < 0)", "filter(d -> false)")
            .caughtBy(
                "drain.MoveQueueTest$ThePauseWhileOneMovesAndOthersWait#endsWhenTheMoveIsOverdue"),
        Defect.of("pauses while the answer to a request is sought", "drain/MoveQueue")
            .where(
                "row.is(RowState.Requested) && context.now().equals(row.requestTime())",
                "row.is(RowState.Requested)")
            .caughtBy(
                "drain.MoveQueueTest$ThePauseWhileOneMovesAndOthersWait#isThePollWhileTheAnswerToAnEarlierRequestIsSought"),
        Defect.of("lets any number wait for their confirmation", "drain/InstanceRows")
            .where("Math.min(confirming, slots)", "confirming")
            .caughtBy(
                "drain.InstanceRowsTest#noMoreMigrationsWaitForTheirConfirmationThanThereAreSlots"),
        Defect.of("moves more at once than all hosts may", "operator/MaintenanceLoop")
            .where("settings.maxMoves() - budget.othersInFlight(resource)", "settings.maxMoves()")
            .caughtBy("operator.MaintenanceLoopTest$SeveralHosts#shareTheLimitOfRunningMoves"),
        Defect.of("moves while the service takes new instances", "drain/Drain")
            .where(
                "obstacle.isEmpty() && disabled && serviceDecision.command().isEmpty()",
                "obstacle.isEmpty()")
            .caughtBy("drain.InstanceRowsTest#noMoveIsRequestedBeforeTheServiceIsDisabled"),
        Defect.of("does not heed suspend", "drain/Drain")
            .where(
                "serviceDecision.command().isEmpty() && !context.suspended()",
                "serviceDecision.command().isEmpty()")
            .caughtBy(
                "drain.InstanceRowsTest#suspendedMaintenanceRequestsNoMoveAndStillTracksRunningMoves"),
        Defect.of("aborts what should finish", "drain/Cleanup")
            .where("(migration.queued() || context.spec().onDelete().equals(\"Abort\"))", "true")
            .caughtBy(
                "drain.CleanupTest#onDeleteAndMigrationStatusDecideWhetherAMoveIsAborted",
                "operator.MaintenanceLoopTest$Deletion#waitsForARunningMoveWithOnDeleteFinish"));
  }

  // ---------------------------------------------------------------- the service

  private static List<Defect> service() {
    return List.of(
        Defect.of("enables a service whose compute was not heard of", "drain/ServiceDecision")
            .where(".compareTo(context.ago(deleted(context))) < 0;", ".isNegative() || true;")
            .caughtBy(
                "drain.GiveBackTest#enableWhenUpWaitsForAReportThatIsYoungerThanTheDeletion",
                WORLDS),
        Defect.of("gives back a service that the spec keeps", "drain/ServiceDecision")
            .where(
                "case KEEP -> finding(record, HostMessages.keptDisabled(context.host()));",
                "case KEEP -> asking(record, restoring);")
            .caughtBy("drain.GiveBackTest#keepLeavesTheServiceAsItIsAndNamesTheCommand", WORLDS),
        Defect.of("takes over a service that somebody else disabled", "drain/ServiceDecision")
            .where(
                "new ServiceStatus(service.id(), false, \"disabled\", reason, List.of())",
                "ours(service, \"enabled\", null)")
            .caughtBy(
                "drain.ServiceDecisionTest$AServiceThatSomeoneElseDisabled#isLeftUnchangedAndRecordedInTheStatus"),
        Defect.of("enables a service that somebody else disabled since", "drain/ServiceDecision")
            .where("if (!isOurs(service.disabledReason(), context)) {", "if (service == null) {")
            .caughtBy(
                "drain.CleanupTest$TheService#isNotEnabledWhenTheMarkerOfTheOperatorIsGone",
                WORLDS),
        Defect.of("knows its marker by its name alone", "drain/ServiceDecision")
            .where("disabledReason.startsWith(mark + \": \")", "disabledReason.startsWith(MARKER)")
            .caughtBy(
                "drain.ServiceDecisionTest#markerMatchesOnlyThisVeryResource",
                "drain.CleanupTest$TheService#isLeftDisabledWhenTheMarkerBelongsToSomeoneElse"),
        Defect.of("says that it gives back what it will not", "drain/ServiceDecision")
            .where(
                "if (oursOnce && changedByOthers(context, service, record)) {",
                "if (context == null) {")
            .caughtBy(
                "drain.ServiceDecisionTest#changedDisabledReasonIsReportedOnceWithTheEffectOfADelete"),
        Defect.of("takes the first of two services of one host", "drain/Policies")
            .where("if (services.size() < 2) {", "if (services != null) {")
            .caughtBy(
                "drain.DuplicateServicesTest#hostWithTwoNovaComputeServicesIsRejectedBeforeTheFirstChange"),
        Defect.of("does not look again before it changes the service", "operator/Preconditions")
            .where(
                "standing(snapshot.services(), serviceId)"
                    + " .equals(standing(nova(resource).computeServices(), serviceId))",
                "snapshot != null")
            .caughtBy(
                "operator.MaintenanceLoopTest$TheComputeService#thatSomeoneDisablesJustBeforeTheEnableRequestIsLeftDisabled"),
        Defect.of("disables for a resource that is deleted by now", "operator/Preconditions")
            .where("&& isCurrent(resource);", ";")
            .caughtBy(
                "operator.MaintenanceLoopTest$TheComputeService#isNotDisabledOnceTheResourceIsDeleted"),
        Defect.of("disables again without end", "drain/ServiceDecision")
            .where("if (lately.size() > REENABLED_LIMIT)", "if (lately == null)")
            .caughtBy(
                "drain.ServiceDecisionTest$AServiceThatSomeoneEnablesDuringTheMaintenance#isDisabledAgainAtMostThreeTimesInTenMinutes"),
        Defect.of("lets go while its disabling is in flight", "drain/ServiceDecision")
            .where(
                "if (asBefore(before, service) && mayStillBeDisabled(context))",
                "if (before == null)")
            .caughtBy(
                "drain.CleanupTest$TheService#isAwaitedWhileALateRequestMayOverwriteLibvirtsReason",
                "drain.CleanupTest$TheService#getsBackTheReasonThatALateDisableRequestOverwroteAfterTheDelete"),
        Defect.of("forgets whose disabling its own has overwritten late", "drain/ServiceDecision")
            .where(
                "return seen(context) || reason == null", "return record != null || reason == null")
            .caughtBy(
                "drain.CleanupTest$TheService#getsBackTheReasonThatALateDisableRequestOverwrote",
                "drain.CleanupTest$TheService#getsBackTheReasonThatALateDisableRequestOverwroteAfterTheDelete"),
        Defect.of("takes what libvirt wrote for its own disabling", "drain/ServiceDecision")
            .where(
                "if (record.disabledByUs() && !asBefore(record, service))",
                "if (record.disabledByUs())")
            .caughtBy(
                "drain.ServiceDecisionTest#serviceThatLibvirtDisabledIsReportedAsDisabledBefore"),
        Defect.of("asks placement on the way out", "drain/ObservationNeeds")
            .where("return !resource.isMarkedForDeletion() && new", "return new")
            .caughtBy(
                "operator.MaintenanceLoopTest#observationAfterTheDeleteDoesNotQueryPlacement"),
        Defect.of("keeps silent of a service that it may not change", "operator/MaintenanceLoop")
            .where(
                "memory.refusal = refusal(outcome, request, memory);",
                "refusal(outcome, request, memory);")
            .caughtBy(
                "operator.MaintenanceLoopTest$TheComputeService#thatNovaForbidsToDisableFailsTheMaintenanceUntilNovaAllowsIt"),
        Defect.of("brings back what somebody has taken back meanwhile", "drain/ServiceDecision")
            .where(
                "var next = new ServiceStatus(service.id(), true, \"enabled\", null, lately);",
                "var next = new ServiceStatus(service.id(), true, record.previousStatus(),"
                    + " record.previousReason(), lately);")
            .caughtBy(
                "drain.CleanupTest$TheService#doesNotGetBackAReasonThatSomeoneRemovedDuringTheDrain",
                "simulation.StoriesTest#disabledReasonThatAnAdministratorRemovedIsNotRestored"),
        Defect.of("gives a host back twice", "drain/ServiceDecision")
            .where("!mayBeUnderWay(context.input().givingBack(), context)", "true")
            .caughtBy(
                "drain.CleanupTest$TheService#isAwaitedWhileAnotherOperatorProcessMayStillEnableIt",
                "operator.MaintenanceLoopTest$TheComputeService"
                    + "#isNotEnabledByARestartedOperatorDuringTheAnswerWait"),
        Defect.of(
                "takes a request without an answer for one that is over",
                "operator/MaintenanceLoop")
            .where("request.unanswered(steady());", "request.closed();")
            .caughtBy(
                "operator.MaintenanceLoopTest$TheComputeService"
                    + "#isNotDisabledAgainDuringTheAnswerWait",
                "operator.MaintenanceLoopTest$TheComputeService"
                    + "#isNotEnabledAgainDuringTheAnswerWait"),
        Defect.of(
                "waits without end for an answer about an instance",
                "drain/instance/RequestTracker")
            .where(
                "view.detail().isEmpty() ? nothingTold(row) :", "view.detail().isEmpty() ? row :")
            .caughtBy(
                "drain.instance.MigrationTrackerTest$ARequestWithoutAnAnswer#isBlockedWhenNovaDoesNotShowTheInstanceFor15Minutes"),
        Defect.of("lets go before the service is seen enabled", "drain/Cleanup")
            .where("var givenBack = serviceDecision.givenBack();", "var givenBack = true;")
            .caughtBy("drain.CleanupTest$TheService#isEnabledAtOnceAndCheckedBeforeTheRelease"),
        Defect.of("lets go while a move is under way", "drain/Cleanup")
            .where(
                "if (givenBack && stopped.isEmpty() && open.size() == late.size())",
                "if (givenBack && stopped.isEmpty())")
            .caughtBy("operator.MaintenanceLoopTest$Deletion#enablesTheServiceWhileAMoveStillRuns"),
        Defect.of("lets go without a look", "drain/Cleanup")
            .where(
                "return taken ? Optional.empty() : Optional.of(release(previous, List.of()));",
                "return Optional.of(release(previous, List.of()));")
            .caughtBy(
                "drain.CleanupTest#maintenanceThatDisabledTheServiceNeedsAnObservation",
                "operator.MaintenanceLoopTest$Deletion#waitsUntilNovaAnswersAndThenEnablesTheService",
                WORLDS),
        Defect.of("lets another resource of the same name go", "operator/KubernetesResources")
            .where(
                "resource.getMetadata().getUid().equals(stored.getMetadata().getUid())",
                "stored != null")
            .caughtBy(
                "operator.KubernetesTest$TheResourceStore#releaseDoesNotChangeANewResourceOfTheSameName"),
        Defect.of("lets another controller's finalizer go", "operator/KubernetesResources")
            .where(
                ".put(\"resourceVersion\", metadata.getResourceVersion())",
                ".put(\"apiVersion\", metadata.getResourceVersion())")
            .caughtBy(
                "operator.KubernetesTest$TheResourceStore"
                    + "#releaseKeepsTheFinalizerOfAnotherController"));
  }

  // ---------------------------------------------------------------- how Nova is asked

  private static List<Defect> adapter() {
    var test = "nova.openstack4j.OpenStack4jNovaTest#";
    return List.of(
        Defect.of(
                "logs a failure of one resource and hides that of another",
                "operator/RepeatCounter")
            .where("fields.get(LogFields.HOST_MAINTENANCE),", "null,")
            .caughtBy("operator.RepeatCounterTest#sameFailureOfAnotherResourceOrInstanceIsLogged"),
        Defect.of("copies disks that the spec keeps where they are", "drain/InstanceRows")
            .where("StrategyTable.mayCopyDisks(context.spec())", "context != null")
            .caughtBy("drain.BlockMigrationTest#liveMigrationCarriesTheWordOfTheSpec", WORLDS),
        Defect.of("live-migrates by force", "nova/openstack4j/OpenStack4jNova")
            .where(
                "new NovaJson.LiveMigration(live.targetHost().orElse(null), copy)",
                "Map.of(\"host\", live.targetHost().orElse(\"\"), \"block_migration\", \"auto\","
                    + " \"force\", true)")
            .caughtBy(test + "liveMigrationSendsItsTargetHost"),
        Defect.of(
                "does not leave the kind of live migration to Nova",
                "nova/openstack4j/OpenStack4jNova")
            .where("live.mayCopyDisks() ? \"auto\"", "live.mayCopyDisks() ? \"false\"")
            .caughtBy(
                test + "liveMigrationSendsItsTargetHost",
                "nova.openstack4j.Openstack4jPitfallsTest#liveMigrationWithoutATargetHostSendsHostNull"),
        Defect.of(
                "speaks another microversion than it has agreed on",
                "nova/openstack4j/OpenStack4jNova")
            .where(
                "\"compute \" + negotiated(login).version().orOlder(call.newest())",
                "\"compute 2.1\"")
            .caughtBy(test + "requestNamesTheNegotiatedMicroversion"),
        Defect.of("asks again in the version that was refused", "nova/openstack4j/OpenStack4jNova")
            .where("if (!renewed.equals(version)) {", "if (!renewed.isEmpty()) {")
            .caughtBy(test + "rejectedMicroversionThatNovaAdvertisesIsUnsupportedApi"),
        Defect.of("speaks a microversion that it does not know", "nova/Microversion")
            .where("version.compareTo(CEILING) < 0 ? version : CEILING", "version")
            .caughtBy("nova.MicroversionTest#newestCommonMicroversionUpToTheMaximumIsChosen"),
        Defect.of("swallows a 403", "nova/openstack4j/Failures")
            .where("case 403 -> Kind.FORBIDDEN;", "case 403 -> Kind.NOT_FOUND;")
            .caughtBy(
                test + "httpStatusOfAFailedWriteDecidesItsKindAndWhetherItsOutcomeIsKnown",
                "nova.openstack4j.RecordingsTest#listThatPolicyForbidsIsForbiddenAndNamesTheUserAndTheRole"),
        Defect.of("believes a list that Nova has not filtered", "nova/openstack4j/OpenStack4jNova")
            .where("if (!host.equals(instance.host())) {", "if (host == null) {")
            .caughtBy(test + "instanceOfAnotherHostInTheListMeansMissingAdminRights"),
        Defect.of("sends a request to change twice", "nova/openstack4j/OpenStack4jNova")
            .where("call.repeatable() ? PAUSES : List.<Duration>of()", "PAUSES")
            .caughtBy(test + "httpStatusOfAFailedWriteDecidesItsKindAndWhetherItsOutcomeIsKnown"),
        Defect.of("takes a server error for not done", "nova/openstack4j/Failures")
            .where("return status >= 500 && status != 501 && status != 505;", "return false;")
            .caughtBy(test + "httpStatusOfAFailedWriteDecidesItsKindAndWhetherItsOutcomeIsKnown"),
        Defect.of("takes a time-out for not done", "nova/openstack4j/Failures")
            .where("call.writes() && e.maybeSent()", "false")
            .caughtBy(test + "writeThatTimesOutHasAnUnknownOutcome"),
        Defect.of(
                "takes a guest for off that the database has running",
                "nova/openstack4j/OpenStack4jNova")
            .where("power state (shutdown|crashed)", "power state (shutdown|crashed|running)")
            .caughtBy(test + "guestIsOffWhereHypervisorAndDatabaseSaySo"),
        Defect.of("takes a disabled host for a candidate", "nova/openstack4j/OpenStack4jNova")
            .where("Stream.of(\"!COMPUTE_STATUS_DISABLED\")", "Stream.<String>empty()")
            .caughtBy(test + "candidatesAreAskedForResourcesAndTraitsOnHostsThatAreNotDisabled"),
        Defect.of("takes a nested provider for a host", "nova/openstack4j/NovaJson")
            .where("return parent == null", "return id != null")
            .caughtBy(test + "providerNestedInACandidateIsNone"),
        Defect.of("takes a volume for a local disk", "nova/openstack4j/NovaJson")
            .where("image.isNull() || \"\".equals(image.textValue())", "image.isMissingNode()")
            .caughtBy(test + "rootDiskOfAVolumeBackedInstanceIsNotLocal"),
        Defect.of("takes mebibytes of a swap disk for gibibytes", "nova/openstack4j/NovaJson")
            .where("Math.ceilDiv((long) swap, 1024)", "(long) swap")
            .caughtBy(test + "localDiskIsRootAndEphemeralInGibibytesAndSwapInMebibytes"),
        Defect.of("offers an instance its own host", "drain/DecisionContext")
            .where(
                ".filter(s -> s.enabled() && s.up() && !s.host().equals(host()))",
                ".filter(s -> s.enabled() && s.up())")
            .caughtBy("operator.PlanModeTest#hostThatIsInMaintenanceIsNoCandidate"),
        Defect.of("leaves out candidates with nested providers", "nova/openstack4j/OpenStack4jNova")
            .where("\"placement 1.29\"", "\"placement 1.28\"")
            .caughtBy(test + "candidatesWithNestedProvidersCount"),
        Defect.of("resets a state to error", "nova/openstack4j/OpenStack4jNova")
            .where("Map.of(\"state\", \"active\")", "Map.of(\"state\", \"error\")")
            .caughtBy("nova.openstack4j.StateChangeTest#bodyHasTheKeyOfTheChange"),
        Defect.of(
                "takes the page of a proxy for an unknown instance",
                "nova/openstack4j/OpenStack4jNova")
            .where(
                "reply.status() == 404 && json.filter(OpenStack4jNova::saysNotFound).isPresent()",
                "reply.status() == 404")
            .caughtBy(test + "unknownUrlIsNotAnUnknownInstance"),
        Defect.of("takes the page of a proxy for an acceptance", "nova/openstack4j/OpenStack4jNova")
            .where("if (reply.status() != 202 && reply.status() != 204)", "if (reply == null)")
            .caughtBy(test + "htmlPageWithStatus200DoesNotCountAsAccepted"),
        Defect.of(
                "waits for the end of a reply for ever", "nova/openstack4j/JdkHttpExecutorService")
            .where("answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS)", "answer.get()")
            .caughtBy(
                "nova.openstack4j.JdkHttpExecutorServiceTest#readTimesOutWhereverItsReplyStalls"),
        Defect.of("logs in whenever a service refuses its token", "nova/openstack4j/Session")
            .where("turns.take(\"token for \" + service, now(), SHORT)", "true")
            .caughtBy(
                "nova.openstack4j.SessionTest#serviceThatRejectsANewTokenCausesNoFurtherLoginForAMinute"),
        Defect.of("leaks a permit on an exception", "nova/openstack4j/Budget")
            .where(
                "try { return request.get(); } finally { release(asker.priority()); }",
                "var answer = request.get(); release(asker.priority()); return answer;")
            .caughtBy(
                "nova.openstack4j.BudgetTest#exceptionLeaksNothing",
                "nova.openstack4j.BudgetTest#javaErrorLeaksNothing"),
        Defect.of("keeps the turn of a request that was given up", "nova/openstack4j/Budget")
            .where("if (!waiter.admitted) { queue.remove(", "if (asker == null) { queue.remove(")
            .caughtBy(
                "nova.openstack4j.BudgetTest#interruptOfAWaitingRequestLeaksNothing",
                "nova.openstack4j.BudgetTest#requestThatWasGivenUpTakesNoTurn"),
        Defect.of("forgets who waits for time alone", "nova/openstack4j/Budget")
            .where("queue.delayed(now).ifPresent(waiter -> waiter.turn.signal());", "")
            .caughtBy(
                "nova.openstack4j.BudgetTest"
                    + "#requestThatTimeHoldsUpAtItsTurnGoesOutWhenTimeHasPassed"),
        Defect.of("lets what is less urgent go first", "nova/openstack4j/RequestQueue")
            .where(
                "for (var priority : Priority.values()) { if (!waiting",
                "for (var priority : java.util.List.of(Priority.values()).reversed()) {"
                    + " if (!waiting")
            .caughtBy(
                "nova.openstack4j.RequestQueueTest$Priorities"
                    + "#goInTheirOrderHoweverLongTheOthersHaveWaited"),
        Defect.of("takes the kept requests for moves", "nova/openstack4j/RequestQueue")
            .where(
                "case IMMEDIATE -> free; case CHANGE, WATCH",
                "case IMMEDIATE, CHANGE -> free; case WATCH")
            .caughtBy(
                "nova.openstack4j.RequestQueueTest$TheRequestsInFlight"
                    + "#areAllButTwoForWhatMayWait",
                "nova.openstack4j.RequestQueueTest$ADrainOfAThousandInstances"
                    + "#doesNotHoldUpAnAbortByItsMoves"),
        Defect.of("serves one host to its end", "nova/openstack4j/RequestQueue")
            .where("hosts.putLast(turn.getKey()", "hosts.putFirst(turn.getKey()")
            .caughtBy(
                "nova.openstack4j.RequestQueueTest$ADrainOfAThousandInstances"
                    + "#letsASmallDrainHaveTheSecondTurn"),
        Defect.of("stays slow for ever after a refusal", "nova/openstack4j/Ceiling")
            .where("full - missing * Math.max(0, 1 - recovered)", "full - missing")
            .caughtBy("nova.openstack4j.CeilingTest#isHalvedByARefusalAndComesBackOverTenMinutes"),
        Defect.of("overlooks that the cloud wants a pause", "nova/openstack4j/OpenStack4jNova")
            .where("ifPresent(pause -> budget.refused(pause, sent))", "isPresent()")
            .caughtBy(
                "nova.openstack4j.OneCloudBudgetTest"
                    + "#refusalOfOneViewHoldsUpTheQuestionsOfAllOthers"),
        Defect.of("asks for Nova's version in each thread", "nova/openstack4j/OpenStack4jNova")
            .where(
                "orElseGet(() -> negotiate(login, endpoint))",
                "orElseGet(() -> { var found = view(Priority.IMMEDIATE, \"\")"
                    + ".discover(login, endpoint); negotiated.set(found); return found; })")
            .caughtBy("nova.openstack4j.OneCloudBudgetTest#versionIsAskedForOnceByManyThreads"),
        Defect.of("lets a give-back wait for what others ask", "operator/HostObserver")
            .where(
                "return resource.isMarkedForDeletion() ? new SharedList",
                "return resource == null ? new SharedList")
            .caughtBy(
                "operator.RequestPrioritiesTest#hostIsGivenBackWhileTheCloudWantsToBeLeftAlone"),
        Defect.of("reconciles in the order of arrival", "operator/ReconciliationQueue")
            .where(
                "Comparator.comparing(Waiter::priority).thenComparing(Waiter::arrival)",
                "Comparator.comparing(Waiter::arrival)")
            .caughtBy(
                "operator.ReconciliationQueueTest"
                    + "#mostUrgentGoesFirstAndThenTheOneThatHasWaitedLongest"),
        Defect.of("overlooks a deletion while it waits", "operator/ReconciliationQueue")
            .where("new Waiter(aged(priority.get(), began), me.arrival(), me.turn())", "me")
            .caughtBy(
                "operator.ReconciliationQueueTest#oneThatBecomesUrgentWhileItWaitsHasItsTurn"),
        Defect.of("lets a give-back wait for idle hosts", "drain/RequestPriority")
            .where(
                "if (resource.isMarkedForDeletion()) { return Priority.IMMEDIATE; }",
                "if (resource == null) { return Priority.IMMEDIATE; }")
            .caughtBy(
                "drain.RequestPriorityTest#questionsForADeletedResourceMustNotWait",
                "operator.RequestPrioritiesTest#nothingOfAGiveBackWaits"),
        Defect.of("follows a redirect to another host", "nova/openstack4j/Redirect")
            .where("ServiceUrl.host(asked).equalsIgnoreCase(ServiceUrl.host(to))", "true")
            .caughtBy(
                "nova.openstack4j.RedirectTest#tokenIsNotSentToAnotherHost",
                "nova.openstack4j.RedirectTest#passwordIsNotSentToAnotherHost"),
        Defect.of("shows its password", "nova/openstack4j/Secret")
            .where("return \"***\";", "return value;")
            .caughtBy("nova.openstack4j.CloudsFileTest#configurationDoesNotShowItsSecrets"),
        Defect.of(
                "takes a number of clouds.yaml for what YAML makes of it",
                "nova/openstack4j/CloudFields")
            .where("case NUMBER -> pythonWrites(written);", "case NUMBER -> true;")
            .caughtBy(
                "nova.openstack4j.OpenstacksdkParityTest#sendsTheLoginOfOpenstacksdkOrRejectsTheFile"),
        Defect.of("overlooks the old name of interface", "nova/openstack4j/CloudEntry")
            .where("return one.or(() -> old);", "return one;")
            .caughtBy(
                "nova.openstack4j.OpenstacksdkParityTest#sendsTheLoginOfOpenstacksdkOrRejectsTheFile"),
        Defect.of("overlooks a field that it does not know", "nova/openstack4j/CloudEntry")
            .where("fields.refuseUnknown(type);", "")
            .caughtBy(
                "nova.openstack4j.OpenstacksdkParityTest#sendsTheLoginOfOpenstacksdkOrRejectsTheFile"));
  }
}
