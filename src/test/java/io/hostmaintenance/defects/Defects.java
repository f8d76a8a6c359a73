package io.hostmaintenance.defects;

import java.util.List;
import java.util.stream.Stream;

/** The defects that the operator must not have, and the tests that would tell. */
final class Defects {

  private static final String WORLDS = "simulation.SimulationTest#promisesHoldInEveryWorld";

  /** All of them, by the promise that they break. */
  static final List<Defect> ALL =
      Stream.of(moved(), empty(), askedOnce(), ends(), guests(), service(), adapter())
          .flatMap(List::stream)
          .toList();

  private Defects() {}

  // ---------------------------------------------------------------- what is moved

  private static List<Defect> moved() {
    return List.of(
        Defect.of("takes Nova's 202 for a move", "drain/Answers")
            .where(
                "RowState.InProgress, Reason.Queued, \"Nova has accepted",
                "RowState.Moved, Reason.Moved, \"Nova has accepted")
            .caughtBy("drain.AnswersTest#acceptedIsUnderWayAndNotMoved", WORLDS),
        Defect.of("takes an instance that is idle again for moved", "drain/Verdict")
            .where(
                "default -> here && !idle ? RUNNING : SETTLING;",
                "default -> here && !idle ? RUNNING : MOVED;")
            .caughtBy("drain.VerdictTest#aLiveMigration", WORLDS),
        Defect.of("takes a record that says completed for a move", "drain/Verdict")
            .where("\"completed\" -> here ? SETTLING : MOVED;", "\"completed\" -> MOVED;")
            .caughtBy(
                "drain.VerdictTest#aLiveMigration",
                "drain.FollowTest$AccountsThatDoNotAgree#haveFiveMinutes"),
        Defect.of("takes a record that says confirmed for a move", "drain/Verdict")
            .where("\"confirmed\" -> here ? SETTLING : MOVED;", "\"confirmed\" -> MOVED;")
            .caughtBy("drain.VerdictTest#aColdMigration"),
        Defect.of("takes a move that ended in ERROR elsewhere for a good one", "drain/Verdict")
            .where(
                "if (migrating) { yield SETTLING; } yield here ? (error ? BROKEN : FAILED) :"
                    + " MOVED_WITH_ERROR;",
                "if (migrating) { yield SETTLING; } yield here ? (error ? BROKEN : FAILED) :"
                    + " MOVED;")
            .caughtBy(
                "drain.VerdictTest#aLiveMigration",
                "drain.FollowTest$AMove#thatEndedInErrorElsewhereIsNeitherMovedNorAskedAgain"),
        Defect.of("calls a host empty for as long as a look takes", "operator/Observer")
            .where("since(start).compareTo(most) > 0", "since(start).compareTo(most) > 1")
            .caughtBy(
                "operator.MaintenanceTest$SlowClouds#leaveNoHostCalledEmptyForAsLongAsALookTakes"),
        Defect.of("stays healthy while a tick hangs", "operator/Ticks")
            .where("age(r).compareTo(BOUND) > 0", "age(r).compareTo(BOUND) > 1")
            .caughtBy("operator.TicksTest#tickBeyondTheBoundIsNamedWithItsBegin"),
        Defect.of("tells of resources that another one tells of", "operator/Metrics")
            .where("leading.getAsBoolean() ? resources.get() : List.of()", "resources.get()")
            .caughtBy("operator.MetricsTest#processThatStandsByTellsOfNoResource"),
        Defect.of("goes on with an Error as if nothing were", "operator/HostMaintenanceReconciler")
            .where("catch (RuntimeException | Error e)", "catch (RuntimeException e)")
            .caughtBy("operator.FailedTickTest#evenAnErrorIsCountedAndToldAndTriedAgain"),
        Defect.of("compares host names by their beginning", "drain/Verdict")
            .where(
                "var here = host.equals(instance.get().host()); var idle = instance.get().idle();"
                    + " var migrating",
                "var here = instance.get().host().startsWith(host);"
                    + " var idle = instance.get().idle(); var migrating")
            .caughtBy("drain.VerdictTest#aHostWhoseNameBeginsAlikeIsAnotherHost", WORLDS),
        Defect.of("looks a service up by the beginning of its name", "drain/Sight")
            .where(
                "anyMatch(s -> s.host().equals(host))", "anyMatch(s -> s.host().startsWith(host))")
            .where("s.host().equalsIgnoreCase(host)", "s.host().startsWith(host)")
            .caughtBy(
                "drain.StandingTest$BeforeAnythingIsTouched#theHostMustBeKnownByItsExactName"),
        Defect.of("keeps answers for a row that has ended since", "drain/Answers")
            .where("row(announced, id).equals(row(stored, id))", "true")
            .caughtBy("simulation.StoriesTest#answersOfAnOldLeaderDoNotReviveARowThatHasEnded"));
  }

  // ---------------------------------------------------------------- when a host is empty

  private static List<Defect> empty() {
    return List.of(
        Defect.of("believes the first empty look", "drain/Drain")
            .where("\"False\", Reason.SettlingEmpty,", "\"True\", Reason.SettlingEmpty,")
            .caughtBy("drain.EmptinessTest#oneEmptyLookIsNotEnough", WORLDS),
        Defect.of("does not let the host settle between its two looks", "drain/Drain")
            .where("if (apart.compareTo(at.settings().settle()) < 0)", "if (apart.isNegative())")
            .caughtBy("drain.EmptinessTest#twoEmptyLooksMustBeSettleApart"),
        Defect.of("times its two looks by its own clock", "drain/Drain")
            .where(
                "Duration.between(first, at.look().began())", "Duration.between(first, at.now())")
            .caughtBy("drain.EmptinessTest#theyAreTimedByNovasClock"),
        Defect.of(
                "goes on from the first empty look though the host was filled since", "drain/Drain")
            .where(
                "report.status().emptySince(null); report.condition(Condition.DRAINED, \"False\","
                    + " Reason.NotEmpty, occupied.get());",
                "report.condition(Condition.DRAINED, \"False\", Reason.NotEmpty,"
                    + " occupied.get());")
            .caughtBy("drain.EmptinessTest#aLookThatIsNotEmptyBeginsAnew"),
        Defect.of("does not believe placement", "drain/Emptiness")
            .where("occupiedByNova().or(this::allocated)", "occupiedByNova()")
            .caughtBy(
                "drain.EmptinessTest$PlacementsConsumers#keepItFromBeingEmptyWhileOneIsBuilt",
                WORLDS),
        Defect.of("lets a row wait for a tie that is gone while a move hangs", "drain/Table")
            .where(": emptiness.mayBeTied(detail)", ": true")
            .caughtBy(
                "drain.EmptinessTest$WhatIsOnItsWay#isGoneWhenItDoesNotComeThoughMovesOfOursAreFollowed"),
        Defect.of("does not count a finished migration", "nova/Migration")
            .where("\"finished\",", "")
            .caughtBy("drain.EmptinessTest#aRecordCountsWhileItsInstanceIsReallyUnderWay", WORLDS),
        Defect.of("does not count an instance on its way back", "drain/Emptiness")
            .where("&& !migration.reverted()", "")
            .caughtBy("drain.EmptinessTest#aRecordCountsWhileItsInstanceIsReallyUnderWay"),
        Defect.of("counts records that nothing stands behind", "drain/Emptiness")
            .where("default -> !instance.idle() || recent(migration);", "default -> true;")
            .caughtBy("drain.EmptinessTest#aRecordCountsWhileItsInstanceIsReallyUnderWay"),
        Defect.of("asks for migrations after servers", "operator/Observer")
            .where("var page = nova.newestMigrations(host); var unfinished = unfinished(page);", "")
            .where(
                "var migrations = new ArrayList<>(unfinished);",
                "var page = nova.newestMigrations(host);"
                    + " var migrations = new ArrayList<>(unfinished(page));")
            .caughtBy(
                "operator.MaintenanceTest#completeLookAsksForMigrationsOnceBetweenTheServices"),
        Defect.of("believes the lists of Nova alone", "drain/Emptiness")
            .where("occupiedByLists().or(this::resident)", "occupiedByLists()")
            .caughtBy("operator.MaintenanceTest$ListsThatAreShort#neverMakeAFullHostEmpty"),
        Defect.of("asks placement about the first hypervisor alone", "operator/Observer")
            .where(
                "hypervisors.of(host).stream().flatMap(h -> nova.consumers",
                "hypervisors.of(host).stream().limit(1).flatMap(h -> nova.consumers")
            .caughtBy("operator.MaintenanceTest$HypervisorsOfOneHost#areAllAskedForInPlacement"),
        Defect.of("asks for unfinished migrations against their life cycle", "nova/Migration")
            .where(
                "\"accepted\", \"queued\", \"pre-migrating\", \"preparing\",",
                "\"running\", \"preparing\", \"pre-migrating\", \"queued\", \"accepted\",")
            .where("\"migrating\", \"running\", \"running", "\"migrating\", \"running")
            .caughtBy(
                "operator.MaintenanceTest#lookAtAHostWithManyRecordsAsksForThemInTheirLifeCycle"),
        Defect.of("sees a host whose cell is silent", "drain/Drain")
            .where("anyMatch(ComputeService::unknown)", "anyMatch(s -> s == null)")
            .caughtBy("drain.EmptinessTest$WithoutALook#aCellThatDoesNotAnswerIsNoLook"),
        Defect.of("takes a host that is enabled, or silent, for empty", "drain/Emptiness")
            .where("service.isEmpty() || !service.get().disabled()", "service.isEmpty()")
            .caughtBy("drain.EmptinessTest#aHostThatIsEnabledIsNotEmpty"),
        Defect.of("takes a host without knowing who holds one", "operator/Maintenance")
            .where("resources.list(ledger::enter);", "")
            .caughtBy(
                "operator.MaintenanceTest$AWatchThatIsBehind#doesNotLetAProcessThatHasJustStartedTakeAHostThatAnotherHolds"),
        Defect.of("believes a watch that has lost the holder of a host", "operator/Maintenance")
            .where(
                "!resources.watched(name) && resources.read(name).isEmpty()",
                "!resources.watched(name)")
            .caughtBy(
                "operator.MaintenanceTest$AWatchThatIsBehind#doesNotMakeAHostFreeWhoseHolderItHasLost"),
        Defect.of("waits without end for who has vanished", "operator/Maintenance")
            .where("!resources.watched(name) && resources.read(name).isEmpty()", "name == null")
            .caughtBy(
                "operator.MaintenanceTest$AnotherResourceOfItsHost#goesOnWhenTheHolderHasVanishedWithoutAWord",
                "operator.MaintenanceTest$SeveralHosts#thatVanishWithoutAWordHoldNoPlaceAfterAnIdlePoll"),
        Defect.of("wakes nobody when a host becomes free", "operator/Ledger")
            .where(
                "if (old.inTheWay() && (next == null || !next.inTheWay())) {",
                "if (name == null) {")
            .caughtBy(
                "operator.MaintenanceTest$AnotherResourceOfItsHost#isWokenWhenTheHolderIsGoneAndTakesTheHostAnew"),
        Defect.of("wakes nobody when a place becomes free", "operator/Ledger")
            .where("(old.draining() || old.waiting()) && !stands", "name == null")
            .caughtBy(
                "operator.MaintenanceTest$SeveralHosts#thatWaitAreWokenWhenAPlaceBecomesFreeAndTheOldestGoes"),
        Defect.of("does not heed the age of those that wait", "operator/Ledger")
            .where("waiting.headSet(own).stream()", "waiting.headSet(own).stream().limit(0)")
            .caughtBy(
                "operator.MaintenanceTest$SeveralHosts#thatWaitAreWokenWhenAPlaceBecomesFreeAndTheOldestGoes"),
        Defect.of("lets a dead host hold its place", "drain/HostClaim")
            .where(
                "if (!holdsHost(status) || Report.phase(status) != Phase.Draining) {",
                "if (!holdsHost(status)) {")
            .caughtBy("operator.MaintenanceTest$SeveralHosts#thatAreDeadHoldNoPlace"),
        Defect.of("drains a host without a turn once it holds it", "drain/Drain")
            .where("\n        && at.situation().turn().come()", "")
            .caughtBy("drain.StandingTest#whatHoldsItsHostAndCouldGoOnAgainWaitsForItsTurnToo"),
        Defect.of("stays sure of a host that it no longer sees", "drain/Drain")
            .where("if (forLong && taken)", "if (forLong && previous == null)")
            .caughtBy("drain.EmptinessTest$WithoutALook#nothingIsKnownAfterThat"),
        Defect.of("leaves out the soft-deleted", "nova/openstack4j/OpenStack4jNova")
            .where(".with(\"soft_deleted\", \"1\")", "")
            .caughtBy(
                "nova.openstack4j.OpenStack4jNovaTest#instancesAreAskedForEveryProjectAndSoftDeletedOnesToo"),
        Defect.of("leaves out other projects", "nova/openstack4j/OpenStack4jNova")
            .where(".with(\"all_tenants\", \"1\")", "")
            .caughtBy(
                "nova.openstack4j.OpenStack4jNovaTest#instancesAreAskedForEveryProjectAndSoftDeletedOnesToo"),
        Defect.of("reads the first page only", "nova/openstack4j/OpenStack4jNova")
            .where("if (next.isEmpty())", "if (true)")
            .caughtBy("nova.openstack4j.OpenStack4jNovaTest#everyPageIsRead"));
  }

  // ---------------------------------------------------------------- asked once

  private static List<Defect> askedOnce() {
    return List.of(
        Defect.of("asks before its intent is stored", "operator/Maintenance")
            .where(
                "var before = nanoTime.getAsLong();",
                "var before = nanoTime.getAsLong(); for (var step : decision.steps()) {"
                    + " carryOut(resource, step, sight, before); }")
            .caughtBy(
                "operator.MaintenanceTest$Intents#standInTheStatusBeforeTheirRequestGoesOut",
                WORLDS),
        Defect.of("announces what it has no request for", "operator/Maintenance")
            .where(
                "return nova.reserving(() -> announceAndSend(resource, memory, sight, decision));",
                "return announceAndSend(resource, memory, sight, decision);")
            .caughtBy(
                "operator.MaintenanceTest$Intents#areNotAnnouncedWhileNoRequestIsFreeToSendThem"),
        Defect.of("asks though its intent could not be stored", "operator/Maintenance")
            .where("e.getMessage()); return new Ticked(Duration.ZERO, false);", "e.getMessage());")
            .caughtBy(
                "operator.MaintenanceTest$Intents#thatCouldNotBeStoredAreNotAskedFor", WORLDS),
        Defect.of("stores its status over whatever stands there", "operator/KubernetesResources")
            .where(
                "return client.resource(resource).updateStatus();",
                "resource.getMetadata().setResourceVersion(null); return"
                    + " client.resource(resource).updateStatus();")
            .caughtBy("operator.KubernetesTest$Store#refusesAStatusDecidedFromAnOldVersion"),
        Defect.of(
                "stores a decision with a version that it has not decided from",
                "operator/Maintenance")
            .where(
                "next.setMetadata(resource.getMetadata());",
                "next.setMetadata(resources.read(name(resource)).orElse(resource).getMetadata());")
            .caughtBy(WORLDS),
        Defect.of("asks late after its intent", "operator/Maintenance")
            .where("STALE_INTENT = Duration.ofSeconds(5)", "STALE_INTENT = Duration.ofMinutes(5)")
            .caughtBy("operator.MaintenanceTest$Intents#thatTookLongToStoreAreNotSent"),
        Defect.of("acts on an old look", "drain/Sight")
            .where("FRESH = Duration.ofSeconds(30)", "FRESH = Duration.ofHours(30)")
            .caughtBy(
                "operator.MaintenanceTest$Intents#areNotMadeFromListsThatAreTooOldWhenTheyCome"),
        Defect.of("confirms what it does not read again", "operator/Maintenance")
            .where("-> !confirmationDue(resource, ask.instanceId());", "-> false;")
            .caughtBy("operator.MaintenanceTest#confirmationThatIsNotDueAnyMoreIsNotSent"),
        Defect.of("acts without the lease", "operator/Maintenance")
            .where("!leading.getAsBoolean()", "false")
            .caughtBy("operator.MaintenanceTest$Intents#areNotSentByAProcessThatLeadsNoMore"),
        Defect.of("does not count the time that its lease is asked for", "operator/Maintenance")
            .where(
                "!leading.getAsBoolean() || since(before).minus(read).compareTo(STALE_INTENT) > 0",
                "since(before).minus(read).compareTo(STALE_INTENT) > 0 || !leading.getAsBoolean()")
            .caughtBy(
                "operator.MaintenanceTest$Intents#areNotSentWhenTheProofOfLeadershipTookLong"),
        Defect.of("believes that it leads until it is told otherwise", "operator/Lease")
            .where("identity.equals(spec.getHolderIdentity()) && spec", "spec")
            .caughtBy(
                "operator.LeaseTest#notHeldOnceTheApiServerNamesAnotherThoughWeWereNotToldYet"),
        Defect.of("believes in a lease whose time is over", "operator/Lease")
            .where(
                "&& clock.instant().isBefore(spec.getRenewTime().toInstant().plus(DURATION))", "")
            .caughtBy("operator.LeaseTest#notHeldOnceOurTimeIsOverThoughNobodyHasTakenItYet"),
        Defect.of("takes an unknown outcome for not done", "drain/Answers")
            .where("failure.outcomeUnknown() ? unknown(", "failure == null ? unknown(")
            .caughtBy(
                "drain.AnswersTest#anUnknownOutcomeStaysRequested",
                "simulation.StoriesTest#lostReplyIsNotRepeated"),
        Defect.of("asks again without waiting for a late answer", "drain/Follow")
            .where(
                "var over = at.waited(row).compareTo(at.settings().answerWait()) >= 0;",
                "var over = true;")
            .caughtBy(
                "drain.FollowTest$ARequestWithoutAnAnswer#isNotRepeatedBeforeItsAnswerCanNoLongerCome",
                "simulation.StoriesTest#requestUnderWayWhenItsOperatorEndsIsNotRepeated"),
        Defect.of("asks again without looking", "drain/Follow")
            .where(
                "ownActions(row, detail.get()).stream().filter(a -> since(row, a.startTime())).toList();",
                "List.<InstanceAction>of();")
            .caughtBy(
                "drain.FollowTest$ARequestWithoutAnAnswer#isOursByTheOneActionOfOursSinceTheIntent"),
        Defect.of("asks again while Nova is busy with the instance", "drain/Follow")
            .where("if (over && instance.get().idle())", "if (over)")
            .caughtBy(
                "drain.FollowTest$ARequestWithoutAnAnswer#isNotRepeatedWhileSomethingIsDoneToTheInstance"),
        Defect.of("asks again as another attempt", "drain/Follow")
            .where(
                "row.toBuilder().attempts(row.attemptsMade() - 1).requestedAt(null)",
                "row.toBuilder().requestedAt(null)")
            .caughtBy("drain.FollowTest$ARequestWithoutAnAnswer#isRepeatedAsTheSameAttemptThen"),
        Defect.of("adopts an action of another user", "drain/Follow")
            .where(".filter(a -> asker(row).userId().equals(a.userId()))", "")
            .caughtBy(
                "drain.FollowTest$ARequestWithoutAnAnswer#isNotOursByAnActionOfAnotherUserOrProject"),
        Defect.of("adopts an action of another project", "drain/Follow")
            .where(".filter(a -> asker(row).projectId().equals(a.projectId()))", "")
            .caughtBy(
                "drain.FollowTest$ARequestWithoutAnAnswer#isNotOursByAnActionOfAnotherUserOrProject"),
        Defect.of("adopts an action from before its intent", "drain/Follow")
            .where(".filter(a -> since(row, a.startTime()))", "")
            .caughtBy(
                "drain.FollowTest$ARequestWithoutAnAnswer#isNotOursByAnActionBeforeTheIntent"),
        Defect.of("adopts one of two actions", "drain/Follow")
            .where("if (ours.size() == 1)", "if (!ours.isEmpty())")
            .caughtBy("drain.FollowTest$ARequestWithoutAnAnswer#isNobodysWhenTwoActionsCouldBeIt"),
        Defect.of("forgets who has asked", "drain/Follow")
            .where("return row.requestUserId() == null", "return row != null")
            .caughtBy(
                "drain.FollowTest$ARequestWithoutAnAnswer#isOursThoughTheOperatorActsAsAnotherUserNow"),
        Defect.of("knows its records by their time alone", "drain/Follow")
            .where(".flatMap(d -> byOrder(row, d))", ".<Long>flatMap(d -> Optional.empty())")
            .caughtBy("drain.FollowTest$ClocksThatAreApart#doNotHideThatAMoveFailed"),
        Defect.of("knows a lost request by Nova's clocks alone", "drain/Follow")
            .where("seen(row, instance, detail).map(List::of).orElse(sinceIntent)", "sinceIntent")
            .caughtBy(
                "drain.FollowTest$ClocksThatAreApart#doNotHideARequestWhoseAnswerWasLost",
                "simulation.StoriesTest#lostMoveIsOursThoughTheClocksOfNovasHostsAreApart"),
        Defect.of("asks again though the clocks may hide its request", "drain/Follow")
            .where(".map(a -> attemptFailed(row, apart(row, a)))", ".map(a -> askAgain(row))")
            .caughtBy("drain.FollowTest$ClocksThatAreApart#spendTheAttemptThatMayHaveFailed"),
        Defect.of("takes a short list of records for somebody else's move", "drain/Follow")
            .where("return records(row, detail).isEmpty()", "return row == null")
            .caughtBy("drain.FollowTest$TheRecordOfARequest#isWaitedForWhileNovaShowsNone"),
        Defect.of("orders a pause and a move by clocks that are apart", "drain/InstanceTable")
            .where("live.stream().limit(asked)", "live.stream().limit(0)")
            .caughtBy(
                "drain.InstanceTableTest#onePausedAndThenMovedIsBlockedWhateverTheClockOfItsRecord"),
        Defect.of("keeps its own clock with an intent", "drain/Table")
            .where(".lookedAt(at.look().date())", ".lookedAt(at.now())")
            .caughtBy("drain.AskingTest#itsIntentKeepsNovasClockAndNotOurs"),
        Defect.of("confirms whatever its user asked for", "drain/Follow")
            .where(
                ".filter(m -> RowAction.LiveMigrate.of(row) || underOurAction(row, m, detail))", "")
            .caughtBy(
                "drain.FollowTest$TheRecordOfARequest#ofAColdMigrationIsNotOneUnderALaterAction"),
        Defect.of("confirms a resize", "drain/Follow")
            .where("m.type().equals(type) && at.host()", "at.host()")
            .caughtBy("drain.FollowTest$TheRecordOfARequest#isNeverAResize"),
        Defect.of("confirms though another one waits to be confirmed", "drain/Follow")
            .where("if (finished.size() > 1)", "if (finished.size() > 9)")
            .caughtBy(
                "drain.FollowTest$AFinishedColdMigration#isNotConfirmedWhileAnotherOneOfItStandsFinishedToo"),
        Defect.of("confirms only what a list nobody asks for would show", "drain/Questions")
            .where("RowAction.ColdMigrate.of(row) && anyFinished(row, migrations)", "row == null")
            .caughtBy("drain.FollowTest$AFinishedColdMigration#isConfirmed"),
        Defect.of("confirms again at every look", "drain/Follow")
            .where("!begun || at.waited(row).compareTo(at.settings().answerWait()) >= 0", "true")
            .caughtBy(
                "drain.FollowTest$AFinishedColdMigration#isNotConfirmedTwiceWhileTheAnswerMayStillCome"),
        Defect.of("takes a refused state for not done", "drain/Answers")
            .where(
                "var said = said(failure); return switch",
                "var said = said(failure); if (failure.kind() == NovaException.Kind.CONFLICT) {"
                    + " return Refusals.refused(row, Reason.Waiting, said, failure.retryAfter(),"
                    + " now); }"
                    + " return switch")
            .caughtBy(
                "drain.AnswersTest#aConflictIsOurOwnActionWhenThereIsOne",
                "drain.AnswersTest#aConflictWithoutEndUsesUpTheAttempts"));
  }

  // ---------------------------------------------------------------- an end

  private static List<Defect> ends() {
    return List.of(
        Defect.of("asks for what is refused at one pace for ever", "drain/Refusals")
            .where("refusedFor.dividedBy(4)", "Duration.ZERO")
            .caughtBy(
                "drain.RefusalsTest#pausesGrowWithTheTimeOfRefusal",
                "drain.RefusalsTest#aMoveThatIsRefusedForADayIsBlockedAndSeldomAskedFor"),
        Defect.of("never calls for a human about a refusal", "drain/Table")
            .where("if (sayingWhyItFailed(row) && Refusals.tooLong(row))", "if (row == null)")
            .caughtBy("drain.RefusalsTest#aMoveThatIsRefusedForADayIsBlockedAndSeldomAskedFor"),
        Defect.of("takes a rate limit for a refusal for good", "nova/openstack4j/Failures")
            .where(
                "case 413, 429, 497, 498 -> Kind.TOO_MANY_REQUESTS;",
                "case 429 -> Kind.TOO_MANY_REQUESTS; case 498 -> Kind.BAD_REQUEST;")
            .caughtBy(
                "nova.openstack4j.OpenStack4jNovaTest#refusedWriteHasItsKindAndTellsWhetherItMayHaveHappened"),
        Defect.of("asks for a member of a hard affinity group", "drain/Table")
            .where(
                "Failure.group(row.id(), \"affinity\", at);",
                "Failure.group(row.id(), \"none\", at);")
            .caughtBy(
                "drain.AskingTest$MembersOfOneServerGroup#ofHardAffinityAreBlockedAlsoWhenOnlyOneIsLeft"),
        Defect.of("does not see a stranger's move before its own", "drain/Follow")
            .where(
                "RowAction.LiveMigrate.of(row) ? strangersMove(row) : Optional.<Instance>empty()",
                "Optional.<Instance>empty()")
            .caughtBy(
                "drain.FollowTest$AMoveBehindSomebodyElses#waitsForItsTurnAndIsNoContradiction"),
        Defect.of("tries without end", "drain/Follow")
            .where(
                "if (row.attemptsMade() >= at.spec().maxAttempts())", "if (row.attemptsMade() < 0)")
            .caughtBy("drain.FollowTest#theLastAttemptEndsTheRow", WORLDS),
        Defect.of("tries again at once", "drain/Deadlines")
            .where("10L << 2 * Math.min(Math.max(attempts - 1, 0), 3)", "0L")
            .caughtBy("drain.FollowTest#aMoveIsAskedForAgainLaterEachTime"),
        Defect.of("waits without end in Nova's queue", "drain/Follow")
            .where(
                "|| row.because(Reason.Queued) && at.ago(row.since()).compareTo(Deadlines.QUEUEING) >="
                    + " 0",
                "")
            .caughtBy("drain.FollowTest$AQueuedMove#hasTenMinutesWhileNoOtherRuns"),
        Defect.of("waits without end for what Nova dropped", "drain/Follow")
            .where(
                "if (at.ago(row.requestedAt()).compareTo(Deadlines.DROPPED) < 0)",
                "if (at != null)")
            .caughtBy(
                "drain.FollowTest$AnAcceptedRequest#ofWhichNothingShowsIsGivenUpAfterAMinute"),
        Defect.of("waits without end for a move that runs", "drain/Follow")
            .where("if (at.ago(shown.startedAt()).compareTo(limit) < 0)", "if (at != null)")
            .caughtBy("drain.FollowTest$ARunningMove#hasTheTimeOfTheSpec"),
        Defect.of("waits without end for a foreign task", "drain/Table")
            .where("at.ago(row.since()).compareTo(wait.atMost()) >= 0", "at == null")
            .caughtBy("drain.InstanceTableTest#aForeignTaskIsWaitedForAnHour"),
        Defect.of("does not call for the human it waits for", "drain/Drain")
            .where("if (!needy.isEmpty())", "if (needy == null)")
            .caughtBy("drain.StandingTest#whatNeedsAHumanIsSaidWithItsSentence"));
  }

  // ---------------------------------------------------------------- guests

  private static List<Defect> guests() {
    return List.of(
        Defect.of("moves a guest twice while it is paused", "drain/InstanceTable")
            .where("movedSincePaused(instance, d) ?", "d == null ?")
            .caughtBy(
                "drain.InstanceTableTest#onePausedAndThenMovedIsBlocked",
                "simulation.StoriesTest#pausedGuestThatHasJustArrivedIsNotMovedOnAtOnce"),
        Defect.of("starts a guest that is off", "drain/InstanceTable")
            .where(
                "if (instance.powerState() != RUNNING && instance.powerState() != PAUSED)",
                "if (instance == null)")
            .caughtBy("drain.InstanceTableTest#aGuestThatIsOffIsWaitedForAQuarterOfAnHour", WORLDS),
        Defect.of("live-migrates a stopped guest", "drain/InstanceTable")
            .where(
                "case \"stopped\" -> new Judgement.Move(RowAction.ColdMigrate)",
                "case \"stopped\" -> new Judgement.Move(RowAction.LiveMigrate)")
            .caughtBy("drain.InstanceTableTest#anIdleInstance"),
        Defect.of("moves members of one server group at once", "drain/Table")
            .where(
                "groups.stream().anyMatch(busy::contains)", "groups.stream().anyMatch(g -> false)")
            .caughtBy("drain.AskingTest$MembersOfOneServerGroup#goOneAfterAnother"),
        Defect.of("moves more at once than the spec allows", "drain/Table")
            .where("if (free <= 0 || slots <= 0 || !known)", "if (free <= 0 || !known)")
            .caughtBy("drain.AskingTest#liveAndColdHaveTheirOwnSlots"),
        Defect.of("moves more at once than all hosts may", "operator/Maintenance")
            .where(
                "settings.maxMoves() - ledger.othersInFlight(name(resource))",
                "settings.maxMoves()")
            .caughtBy("operator.MaintenanceTest$SeveralHosts#shareTheMovesInFlight"),
        Defect.of("moves while the service takes new instances", "drain/Drain")
            .where(
                "obstacle.isEmpty() && disabled && keeping.step().isEmpty()", "obstacle.isEmpty()")
            .caughtBy("drain.AskingTest#nothingIsAskedWhileTheServiceIsNotDisabledYet"),
        Defect.of("does not heed suspend", "drain/Drain")
            .where("keeping.step().isEmpty() && !at.spec().suspend()", "keeping.step().isEmpty()")
            .caughtBy("drain.AskingTest#nothingIsAskedWhileSuspendedAndWhatRunsGoesOn"),
        Defect.of("aborts what should finish", "drain/Exit")
            .where("(NOT_BEGUN.contains(status) || at.spec().onDelete().equals(\"Abort\"))", "true")
            .caughtBy(
                "drain.ExitTest#whatIsAborted",
                "operator.MaintenanceTest$Deletion#followsARunningMoveToItsEndWhenItIsToFinish"));
  }

  // ---------------------------------------------------------------- the service

  private static List<Defect> service() {
    return List.of(
        Defect.of("takes over a service that somebody else disabled", "drain/Keeping")
            .where(
                "new ServiceStatus(service.id(), false, \"disabled\", reason, List.of())",
                "ours(service, \"enabled\", null)")
            .caughtBy("drain.KeepingTest$AServiceThatSomebodyElseDisabled#isNotTouched"),
        Defect.of("enables a service that somebody else disabled since", "drain/Keeping")
            .where("if (!isOurs(service.disabledReason(), at)) {", "if (service == null) {")
            .caughtBy("drain.ExitTest$TheService#isNotEnabledWhenOurMarkerNoLongerStands", WORLDS),
        Defect.of("knows its marker by its name alone", "drain/Keeping")
            .where("disabledReason.startsWith(mark + \": \")", "disabledReason.startsWith(MARKER)")
            .caughtBy(
                "drain.KeepingTest#aMarkerIsThatOfThisVeryResource",
                "drain.ExitTest$TheService#isLeftDisabledWithWhateverLooksLikeAMarkerAndIsNotOurs"),
        Defect.of("says that it gives back what it will not", "drain/Keeping")
            .where("if (oursOnce && changedByOthers(at, service, record)) {", "if (at == null) {")
            .caughtBy(
                "drain.KeepingTest#aReasonThatSomebodyWroteOverOursIsToldAtOnceWithWhatADeleteWillDo"),
        Defect.of("takes the first of two services of one host", "drain/Policies")
            .where("if (services.size() < 2) {", "if (services != null) {")
            .caughtBy("drain.TwinsTest#aHostOfTwoServicesIsRefusedBeforeAnythingIsTouched"),
        Defect.of("does not look again before it changes the service", "operator/Maintenance")
            .where(
                "!standing(look.services(), serviceId)"
                    + " .equals(standing(nova.computeServices(), serviceId))",
                "look == null")
            .caughtBy(
                "operator.MaintenanceTest$Service#takenOverBetweenTheLookAndThePutIsLeftAsItIs"),
        Defect.of("disables again without end", "drain/Keeping")
            .where("if (lately.size() > REENABLED_LIMIT)", "if (lately == null)")
            .caughtBy(
                "drain.KeepingTest$AServiceThatIsEnabledBehindOurBack#isDisabledAgainThreeTimesInTenMinutesAndNotAFourth"),
        Defect.of("lets go while its disabling is in flight", "drain/Keeping")
            .where(
                "if (asBefore(before, service) && mayStillBeDisabled(at))", "if (before == null)")
            .caughtBy(
                "drain.ExitTest$TheService#isWaitedForWhileItMayStillLoseTheReasonThatLibvirtWrote",
                "drain.ExitTest$TheService#getsBackTheReasonThatOurDisablingOverwroteAfterTheDelete"),
        Defect.of("forgets whose disabling its own has overwritten late", "drain/Keeping")
            .where("return seen(at) || reason == null", "return record != null || reason == null")
            .caughtBy(
                "drain.ExitTest$TheService#getsBackTheReasonThatOurDisablingOverwroteLate",
                "drain.ExitTest$TheService#getsBackTheReasonThatOurDisablingOverwroteAfterTheDelete"),
        Defect.of("takes what libvirt wrote for its own disabling", "drain/Keeping")
            .where(
                "if (record.disabledByUs() && !asBefore(record, service))",
                "if (record.disabledByUs())")
            .caughtBy("drain.KeepingTest#whatLibvirtDisabledIsNotSaidToBeDisabledByUsYet"),
        Defect.of("asks placement on the way out", "drain/ObservationNeeds")
            .where("return !resource.isMarkedForDeletion() && new", "return new")
            .caughtBy("operator.MaintenanceTest#lookOnTheWayOutDoesNotAskPlacement"),
        Defect.of("keeps silent of a service that it may not change", "operator/Maintenance")
            .where(
                "memory.refusal = refusal(outcome, request, memory);",
                "refusal(outcome, request, memory);")
            .caughtBy("operator.MaintenanceTest$Service#thatMayNotBeDisabledIsToldUntilItMay"),
        Defect.of("brings back what somebody has taken back meanwhile", "drain/Keeping")
            .where(
                "var next = new ServiceStatus(service.id(), true, \"enabled\", null, lately);",
                "var next = new ServiceStatus(service.id(), true, record.previousStatus(),"
                    + " record.previousReason(), lately);")
            .caughtBy(
                "drain.ExitTest$TheService#doesNotGetBackAReasonThatSomebodyHasTakenBackSince",
                "simulation.StoriesTest#whatSomebodyHasTakenBackMeanwhileDoesNotComeBack"),
        Defect.of("gives a host back twice", "drain/Keeping")
            .where("mayBeUnderWay(at.situation().givingBack(), at)", "at == null")
            .caughtBy(
                "drain.ExitTest$TheService#thatAnotherProcessMayBeGivingBackIsWaitedFor",
                "operator.MaintenanceTest$Service"
                    + "#thatAnEndedProcessWasToGiveBackIsNotAskedForWhileItsRequestMayTakeEffect"),
        Defect.of("takes a request without an answer for one that is over", "operator/Maintenance")
            .where("request.unanswered(now());", "request.closed();")
            .caughtBy(
                "operator.MaintenanceTest$Service"
                    + "#whoseDisablingHasNoAnswerIsNotAskedForAgainWhileItMayTakeEffect",
                "operator.MaintenanceTest$Service"
                    + "#whoseGivingBackHasNoAnswerIsNotAskedForAgainWhileItMayTakeEffect"),
        Defect.of("waits without end for an answer about an instance", "drain/Follow")
            .where("return Next.of(nothingTold(row));", "return Next.of(row);")
            .caughtBy(
                "drain.FollowTest$ARequestWithoutAnAnswer#isAHumansMatterWhenNovaTellsNothingOfItForAQuarterOfAnHour"),
        Defect.of("lets go before the service is seen enabled", "drain/Exit")
            .where(
                "keeping.step().isEmpty() && (keeping.record() == null ||"
                    + " !keeping.record().disabledByUs())",
                "true")
            .caughtBy("drain.ExitTest$TheService#isEnabledAtOnceAndLookedAtBeforeTheResourceGoes"),
        Defect.of("lets go while a move is under way", "drain/Exit")
            .where("if (givenBack && open.size() == late.size())", "if (givenBack)")
            .caughtBy("operator.MaintenanceTest$Deletion#givesTheServiceBackWhileAMoveStillRuns"),
        Defect.of("lets go without a look", "drain/Exit")
            .where(
                "return taken ? Optional.empty() : Optional.of(release(previous, List.of()));",
                "return Optional.of(release(previous, List.of()));")
            .caughtBy(
                "drain.ExitTest#whatTookSomethingNeedsALook",
                "operator.MaintenanceTest$Deletion#waitsForANovaThatDoesNotAnswer",
                WORLDS),
        Defect.of("lets another resource of the same name go", "operator/KubernetesResources")
            .where(
                "resource.getMetadata().getUid().equals(stored.getMetadata().getUid())",
                "stored != null")
            .caughtBy(
                "operator.KubernetesTest$Store#lettingGoLeavesAnotherResourceOfTheSameNameAlone"),
        Defect.of("lets another controller's finalizer go", "operator/KubernetesResources")
            .where(
                ".put(\"resourceVersion\", metadata.getResourceVersion())",
                ".put(\"apiVersion\", metadata.getResourceVersion())")
            .caughtBy(
                "operator.KubernetesTest$Store"
                    + "#lettingGoLeavesTheFinalizerOfAnotherControllerThatCameMeanwhile"));
  }

  // ---------------------------------------------------------------- how Nova is asked

  private static List<Defect> adapter() {
    var test = "nova.openstack4j.OpenStack4jNovaTest#";
    return List.of(
        Defect.of("live-migrates by force", "nova/openstack4j/OpenStack4jNova")
            .where(
                "new NovaJson.LiveMigration(ask.targetHost().orElse(null), \"auto\")",
                "Map.of(\"host\", ask.targetHost().orElse(\"\"), \"block_migration\", \"auto\","
                    + " \"force\", true)")
            .caughtBy(test + "liveMigrationNamesItsTarget"),
        Defect.of(
                "does not leave the kind of live migration to Nova",
                "nova/openstack4j/OpenStack4jNova")
            .where(
                "ask.targetHost().orElse(null), \"auto\"",
                "ask.targetHost().orElse(null), \"false\"")
            .caughtBy(
                test + "liveMigrationNamesItsTarget",
                "nova.openstack4j.StockTrapsTest#liveMigrationWithoutATargetNamesANullHost"),
        Defect.of(
                "speaks another microversion than it has agreed on",
                "nova/openstack4j/OpenStack4jNova")
            .where(
                "\"compute \" + spoken(login).version().orOlder(call.newest())", "\"compute 2.1\"")
            .caughtBy(test + "versionThatBothSpeakIsAskedFor"),
        Defect.of("asks again in the version that was refused", "nova/openstack4j/OpenStack4jNova")
            .where("if (!renewed.equals(version)) {", "if (!renewed.isEmpty()) {")
            .caughtBy(test + "refusedVersionThatNovaStillSpeaksIsUnsupportedAndNotAskedForAgain"),
        Defect.of("speaks a microversion that it does not know", "nova/openstack4j/Microversion")
            .where("version.compareTo(CEILING) < 0 ? version : CEILING", "version")
            .caughtBy("nova.openstack4j.MicroversionTest#newestThatBothSpeakUpToTheCeiling"),
        Defect.of("swallows a 403", "nova/openstack4j/Failures")
            .where("case 403 -> Kind.FORBIDDEN;", "case 403 -> Kind.NOT_FOUND;")
            .caughtBy(
                test + "refusedWriteHasItsKindAndTellsWhetherItMayHaveHappened",
                "nova.openstack4j.RecordingsTest#listThatPolicyForbidsIsForbidden"),
        Defect.of("believes a list that Nova has not filtered", "nova/openstack4j/OpenStack4jNova")
            .where(
                ".filter(instance -> !host.equals(instance.host()))",
                ".filter(instance -> host == null)")
            .caughtBy(test + "instanceOfAnotherHostIsNoAnswer"),
        Defect.of("sends a request to change twice", "nova/openstack4j/OpenStack4jNova")
            .where("call.writes() ? List.<Duration>of() : PAUSES", "PAUSES")
            .caughtBy(test + "refusedWriteHasItsKindAndTellsWhetherItMayHaveHappened"),
        Defect.of("takes a server error for not done", "nova/openstack4j/Failures")
            .where("return status >= 500 && status != 501 && status != 505;", "return false;")
            .caughtBy(test + "refusedWriteHasItsKindAndTellsWhetherItMayHaveHappened"),
        Defect.of("takes a time-out for not done", "nova/openstack4j/Failures")
            .where("call.writes() && e.maybeSent()", "false")
            .caughtBy(test + "writeThatTimesOutHasAnUnknownOutcome"),
        Defect.of(
                "takes the page of a proxy for an unknown instance",
                "nova/openstack4j/OpenStack4jNova")
            .where(
                "reply.status() == 404 && json.filter(OpenStack4jNova::saysNotFound).isPresent()",
                "reply.status() == 404")
            .caughtBy(test + "pageNotFoundIsNotAnUnknownInstance"),
        Defect.of("takes the page of a proxy for an acceptance", "nova/openstack4j/OpenStack4jNova")
            .where("if (reply.status() != 202 && reply.status() != 204)", "if (reply == null)")
            .caughtBy(test + "pageOfAProxyIsNotAccepted"),
        Defect.of(
                "waits for the end of a reply for ever", "nova/openstack4j/JdkHttpExecutorService")
            .where("answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS)", "answer.get()")
            .caughtBy("nova.openstack4j.StallTest#questionEndsInTimeWhereverItsReplyStalls"),
        Defect.of("logs in whenever a service refuses its token", "nova/openstack4j/Session")
            .where("turns.take(\"token for \" + service, now(), SHORT)", "true")
            .caughtBy(
                "nova.openstack4j.SessionTest#serviceThatRefusesAFreshTokenHasNoOtherMadeForAMinute"),
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
                "nova.openstack4j.OpenstacksdkParityTest#sendsWhatOpenstacksdkSendsOrRefuses"),
        Defect.of("overlooks the old name of interface", "nova/openstack4j/CloudEntry")
            .where("return one.or(() -> old);", "return one;")
            .caughtBy(
                "nova.openstack4j.OpenstacksdkParityTest#sendsWhatOpenstacksdkSendsOrRefuses"),
        Defect.of("overlooks a field that it does not know", "nova/openstack4j/CloudEntry")
            .where("fields.refuseUnknown(type);", "")
            .caughtBy(
                "nova.openstack4j.OpenstacksdkParityTest#sendsWhatOpenstacksdkSendsOrRefuses"));
  }
}
