# The operator as an image. Build the jar first:
#   mvn -DskipTests package
#   docker build -t REGISTRY/host-maintenance-operator:TAG .
# `e2e/image` builds it without a container engine and runs it.

# The newest Temurin 25; the digest is that of the index of all platforms.
FROM docker.io/library/eclipse-temurin:25.0.4_7-jdk@sha256:97014c4b396021f9ddb7d592a7dbedb0c4e4215c29e03dc01c393558aefb71c2 AS jdk
# What jdeps finds, but for java.compiler and java.desktop: nothing that the operator runs reaches them.
RUN ["jlink", "--add-modules", "java.naming,java.net.http,java.sql,jdk.httpserver,jdk.management,jdk.unsupported", "--no-header-files", "--no-man-pages", "--compress", "zip-6", "--output", "/opt/java/operator"]

# glibc, and neither a shell nor a package manager.
FROM gcr.io/distroless/base-nossl-debian13:nonroot@sha256:5cab74e7f8a5e7c5f1c8a9e6268b1f352f053c36c656f493308340bcecbc636c AS operator
COPY --from=jdk /opt/java/operator /opt/java/operator
WORKDIR /opt/host-maintenance-operator
COPY LICENSE NOTICE target/host-maintenance-operator-sbom.json ./
COPY target/lib lib
COPY target/host-maintenance-operator.jar .

# The AOT cache: classes as the JVM has them after a start, loaded and linked. Only the JVM that wrote it can read it, and
# only with the same jars, so it is made here. The operator runs between an API server and a cloud of the test classes.
FROM operator AS training
COPY target/test-classes /training
RUN ["/opt/java/operator/bin/java", "-cp", "/training:lib/*:host-maintenance-operator.jar", "io.hostmaintenance.bench.AotTraining", \
     "/opt/java/operator/bin/java", "-XX:AOTCacheOutput=/tmp/operator.aot", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", "host-maintenance-operator.jar"]

FROM operator
COPY --from=training /tmp/operator.aot .

# glibc keeps freed memory in an arena for each thread; two are enough here (docs/performance.md).
ENV MALLOC_ARENA_MAX=2
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
LABEL org.opencontainers.image.title="host-maintenance-operator" \
      org.opencontainers.image.description="Puts OpenStack compute hosts into maintenance mode, declaratively" \
      org.opencontainers.image.version="0.1.0-SNAPSHOT" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="gcr.io/distroless/base-nossl-debian13:nonroot" \
      org.opencontainers.image.base.digest="sha256:5cab74e7f8a5e7c5f1c8a9e6268b1f352f053c36c656f493308340bcecbc636c"
ENTRYPOINT ["/opt/java/operator/bin/java", "-XX:AOTCache=operator.aot", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxRAMPercentage=30", "-XX:+ExitOnOutOfMemoryError", "-jar", "host-maintenance-operator.jar"]
