# The operator as an image. Build the jar first:
#   mvn -DskipTests package
#   docker build -t REGISTRY/host-maintenance-operator:TAG .
FROM eclipse-temurin:25-jre

WORKDIR /opt/host-maintenance-operator
COPY target/lib lib
COPY target/host-maintenance-operator.jar .

# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["java", "-XX:+UseSerialGC", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-jar", "host-maintenance-operator.jar"]
