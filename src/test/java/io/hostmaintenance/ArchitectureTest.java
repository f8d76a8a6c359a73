package io.hostmaintenance;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.hostmaintenance.api.v1alpha1.HostMaintenanceSpec;
import io.hostmaintenance.api.v1alpha1.Strategies;
import java.lang.reflect.RecordComponent;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The cut: who may know whom. */
class ArchitectureTest {

  private static final String OURS = "io.hostmaintenance..";
  private static final String API = "io.hostmaintenance.api..";
  private static final String NOVA = "io.hostmaintenance.nova";
  private static final String ADAPTER = "io.hostmaintenance.nova.openstack4j..";
  private static final String DRAIN = "io.hostmaintenance.drain..";
  private static final String INSTANCE = "io.hostmaintenance.drain.instance";
  private static final String OPERATOR = "io.hostmaintenance.operator..";

  private static JavaClasses production;

  @BeforeAll
  static void importClasses() {
    production =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.hostmaintenance");
  }

  @Test
  void productionCodeHasExactlyTheDocumentedPackages() {
    var packages =
        production.stream().map(JavaClass::getPackageName).collect(Collectors.toUnmodifiableSet());
    assertThat(packages)
        .isEqualTo(
            Set.of(
                "io.hostmaintenance.api.v1alpha1",
                "io.hostmaintenance.nova",
                "io.hostmaintenance.nova.openstack4j",
                "io.hostmaintenance.drain",
                "io.hostmaintenance.drain.instance",
                "io.hostmaintenance.operator"));
  }

  @Test
  void apiDependsOnNoOtherPackageOfTheProject() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(API)
            .should()
            .dependOnClassesThat(resideInAPackage(OURS).and(not(resideInAPackage(API)))));
  }

  @Test
  void novaPortDependsOnNoOtherPackageOfTheProject() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(NOVA)
            .should()
            .dependOnClassesThat(resideInAPackage(OURS).and(not(resideInAPackage(NOVA)))));
  }

  @Test
  void openstack4jAdapterDependsOnlyOnTheNovaPort() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(ADAPTER)
            .should()
            .dependOnClassesThat(
                resideInAPackage(OURS).and(not(resideInAnyPackage(NOVA, ADAPTER)))));
  }

  @Test
  void drainDependsOnlyOnApiAndNova() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(DRAIN)
            .should()
            .dependOnClassesThat(
                resideInAPackage(OURS).and(not(resideInAnyPackage(API, NOVA, DRAIN)))));
  }

  @Test
  void decisionsAboutOneInstanceDependOnlyOnApiAndNova() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(INSTANCE)
            .should()
            .dependOnClassesThat(
                resideInAPackage(OURS).and(not(resideInAnyPackage(API, NOVA, INSTANCE)))));
  }

  @ParameterizedTest
  @MethodSource("specFields")
  void decisionsReadEachSpecFieldInOneMethod(String field) {
    var readers =
        production.get(HostMaintenanceSpec.class).getMethod(field).getCallsOfSelf().stream()
            .map(JavaAccess::getOrigin)
            .filter(m -> !resideInAPackage(OPERATOR).test(m.getOwner()))
            .filter(m -> !m.getOwner().getName().contains("HostMaintenanceSpecBuilder"))
            .map(JavaCodeUnit::getFullName)
            .distinct();
    assertThat(readers).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void decisionsReadEachStrategyInOneMethod(String strategy) {
    var readers =
        production.get(Strategies.class).getMethod(strategy).getAccessesToSelf().stream()
            .map(JavaAccess::getOrigin)
            .filter(m -> resideInAPackage(DRAIN).test(m.getOwner()))
            .map(JavaCodeUnit::getFullName)
            .distinct();
    assertThat(readers).hasSize(1);
  }

  static Stream<String> strategies() {
    return Arrays.stream(Strategies.class.getRecordComponents()).map(RecordComponent::getName);
  }

  static Stream<String> specFields() {
    return Arrays.stream(HostMaintenanceSpec.class.getRecordComponents())
        .map(RecordComponent::getName);
  }

  @Test
  void onlyTheAdapterImportsOpenstack4j() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(ADAPTER)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.openstack4j.."));
  }

  @Test
  void onlyTheOperatorImportsJosdk() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(OPERATOR)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.javaoperatorsdk.."));
  }

  /**
   * Of Kubernetes the brain touches the resource's metadata, through the resource and what it
   * extends, and nothing else.
   */
  @Test
  void drainUsesNoKubernetesTypeExceptObjectMeta() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(DRAIN)
            .should()
            .dependOnClassesThat(
                resideInAPackage("io.fabric8..").and(not(type(ObjectMeta.class)))));
  }

  @Test
  void drainUsesOnlyJdkPackagesWithoutInputAndOutput() {
    holds(
        classes()
            .that()
            .resideInAPackage(DRAIN)
            .should()
            .onlyDependOnClassesThat(
                resideInAnyPackage(
                    "io.hostmaintenance..",
                    "io.fabric8.kubernetes.api.model",
                    "java.lang",
                    "java.lang.runtime",
                    "java.lang.invoke",
                    "java.nio.charset",
                    "java.time",
                    "java.time.temporal",
                    "java.util",
                    "java.util.function",
                    "java.util.regex",
                    "java.util.stream")));
  }

  @Test
  void drainReadsNoClock() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(DRAIN)
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(Instant.class, "now", Clock.class)
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Clock.class, LocalDateTime.class));
  }

  @Test
  void drainUsesNoRandomNumbers() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(DRAIN)
            .should()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Random"));
  }

  @Test
  void drainUsesNoThreads() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(DRAIN)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Thread.class, ThreadLocal.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.util.concurrent.."));
  }

  @Test
  void noClassIsNamedUtilHelperManagerOrImpl() {
    holds(
        noClasses()
            .should()
            .haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl)(\\$.*)?$"));
  }

  @Test
  void everyStaticFieldIsFinal() {
    holds(
        fields()
            .that()
            .areStatic()
            .and()
            .doNotHaveModifier(JavaModifier.SYNTHETIC)
            .should()
            .beFinal());
  }

  private static void holds(ArchRule rule) {
    rule.check(production);
  }
}
