# The operator as an image. Build the jar first:
#   mvn -DskipTests package
#   docker build -t REGISTRY/host-maintenance-operator:TAG .
FROM eclipse-temurin:25-jre AS operator

WORKDIR /opt/host-maintenance-operator
COPY target/lib lib
COPY target/host-maintenance-operator.jar .

# The AOT cache: classes as the JVM has them after a start, loaded and linked. Only the JVM that wrote it can read it, and
# only with the same jars, so it is made here. The operator runs between an API server and a cloud of the test classes.
FROM operator AS training
COPY target/test-classes /training
RUN java -cp "/training:lib/*:host-maintenance-operator.jar" io.hostmaintenance.bench.AotTraining \
      java -XX:AOTCacheOutput=operator.aot -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar host-maintenance-operator.jar

FROM operator
COPY --from=training /opt/host-maintenance-operator/operator.aot .

# glibc keeps freed memory in an arena for each thread; two are enough here (docs/performance.md).
ENV MALLOC_ARENA_MAX=2
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["java", "-XX:AOTCache=operator.aot", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxRAMPercentage=30", "-XX:+ExitOnOutOfMemoryError", "-jar", "host-maintenance-operator.jar"]
