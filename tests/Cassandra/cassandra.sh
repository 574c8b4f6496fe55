#!/usr/bin/env bash
# Real Apache Cassandra for tests, on loopback: node N is 127.0.0.N, port 9042. Java 17; CASSANDRA_HOME is a folder with its jars in lib/ and its
# settings in conf/. Everything that the nodes write is in DIR.
#   cassandra.sh source              prints what start would use: home, container (a Docker engine answers) or none
#   cassandra.sh start DIR [NODES]   begins a cluster of 1 to 5 nodes, and returns when they answer; in a container one node
#   cassandra.sh kill|pause|resume|start-node DIR N
#   cassandra.sh nodetool DIR N …    Cassandra's own nodetool, on node N
#   cassandra.sh destroy DIR         ends what was started there and deletes DIR
# CASSANDRA_AUTH=1 asks for passwords (cassandra/cassandra). CASSANDRA_IMAGE is the container's image, cassandra:5.0 unless set. The commands for one
# node (kill to nodetool) are for CASSANDRA_HOME alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${CASSANDRA_HOME:-$here/../../../shared/cassandra}
image=${CASSANDRA_IMAGE:-cassandra:5.0}
# Another port is for this script's own test: clients are told 9042 by the node.
container_port=${CASSANDRA_CONTAINER_PORT:-9042}
command=${1:?source, start, kill, pause, resume, start-node, nodetool or destroy}

source_of_cassandra() {
  if [ -d "$home/lib" ]; then
    echo home
  elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
    echo container
  else
    echo none
  fi
}

if [ "$command" = source ]; then
  source_of_cassandra
  exit
fi
dir=${2:?a folder}

pid() { cat "$dir/$1/pid"; }

answers() { (exec 3<>"/dev/tcp/127.0.0.$1/9042") 2>/dev/null; }

# What conf/jvm17-server.options of Cassandra 5.0 asks for, less what only large heaps need.
flags=(
  -ea -Xss256k -XX:+UseG1GC -XX:+AlwaysPreTouch -XX:+ExitOnOutOfMemoryError -Djava.net.preferIPv4Stack=true -Djdk.attach.allowAttachSelf=true
  -Dio.netty.tryReflectionSetAccessible=true -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=2000
  -Dcassandra.consistent.rangemovement=false -Dcassandra.superuser_setup_delay_ms=0 -Dlogback.configurationFile=logback.xml
)
for name in java.base/java.io java.base/java.lang java.base/java.lang.module java.base/java.lang.reflect java.base/java.math java.base/java.net \
  java.base/java.nio java.base/java.util java.base/java.util.concurrent java.base/java.util.concurrent.atomic java.base/jdk.internal.loader \
  java.base/jdk.internal.math java.base/jdk.internal.module java.base/jdk.internal.ref java.base/jdk.internal.reflect java.base/jdk.internal.util \
  java.base/jdk.internal.util.jar java.base/sun.nio.ch java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry \
  java.rmi/sun.rmi.server java.sql/java.sql java.rmi/sun.rmi.transport.tcp jdk.management.jfr/jdk.management.jfr jdk.management/com.sun.management.internal \
  java.management/sun.management; do
  flags+=("--add-opens" "$name=ALL-UNNAMED" "--add-exports" "$name=ALL-UNNAMED")
done
flags+=(--add-exports jdk.unsupported/sun.misc=ALL-UNNAMED --add-exports java.base/jdk.internal.misc=ALL-UNNAMED
  --add-exports java.base/java.lang.ref=ALL-UNNAMED)

start_node() {
  local node=$1 address=127.0.0.$1 own=$dir/$1
  if answers "$node"; then
    echo "Something answers on $address:9042 already." >&2
    exit 1
  fi
  mkdir -p "$own"
  local authenticator=AllowAllAuthenticator authorizer=AllowAllAuthorizer
  if [ "${CASSANDRA_AUTH:-}" = 1 ]; then authenticator=PasswordAuthenticator authorizer=CassandraAuthorizer; fi
  sed -e "s|@DIR@|$own|" -e "s|@ADDRESS@|$address|" -e "s|@CQL_PORT@|9042|" -e "s|@AUTHENTICATOR@|$authenticator|" \
    -e "s|@AUTHORIZER@|$authorizer|" "$home/conf/cassandra.yaml" >"$own/cassandra.yaml"
  setsid java "${flags[@]}" -Xms"${CASSANDRA_HEAP:-2G}" -Xmx"${CASSANDRA_HEAP:-2G}" -Dcassandra.config="file://$own/cassandra.yaml" -Dcassandra.storagedir="$own" \
    -Dcassandra-foreground=yes -Dcassandra.jmx.local.port=$((7200 + node)) -cp "$home/conf:$home/lib/*" org.apache.cassandra.service.CassandraDaemon \
    >>"$own/log" 2>&1 </dev/null &
  echo $! >"$own/pid"
}

await_node() {
  for _ in $(seq 600); do
    if answers "$1"; then return; fi
    if ! kill -0 "$(pid "$1")" 2>/dev/null; then break; fi
    sleep 0.2
  done
  echo "Cassandra's node $1 did not start; the end of its log:" >&2
  tail -n 20 "$dir/$1/log" >&2
  exit 1
}

# One node. It names itself 127.0.0.1, as clients connect to the address that a node names.
start_container() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$container_port") 2>/dev/null; then
    echo "Something answers on 127.0.0.1:$container_port already." >&2
    exit 1
  fi
  mkdir -p "$dir"
  docker run --detach --publish "127.0.0.1:$container_port:9042" --env CASSANDRA_BROADCAST_ADDRESS=127.0.0.1 --env MAX_HEAP_SIZE=2G --env HEAP_NEWSIZE=256M \
    --env JVM_EXTRA_OPTS="-Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=2000" "$image" >"$dir/container"
  for _ in $(seq "${CASSANDRA_START_TRIES:-300}"); do
    # The port is open before Cassandra is: only an answered query counts.
    if docker exec "$(cat "$dir/container")" cqlsh -e 'SELECT release_version FROM system.local' >/dev/null 2>&1; then return; fi
    if [ "$(docker inspect --format '{{.State.Running}}' "$(cat "$dir/container")")" != true ]; then break; fi
    sleep "${CASSANDRA_START_PAUSE:-1}"
  done
  echo "Cassandra's container did not start; the end of its log:" >&2
  docker logs --tail 20 "$(cat "$dir/container")" >&2
  exit 1
}

case $command in
  start)
    case $(source_of_cassandra) in
      home) for node in $(seq "${3:-1}"); do start_node "$node"; await_node "$node"; done ;;
      container)
        if [ "${3:-1}" != 1 ]; then
          echo "In a container Cassandra has one node: set CASSANDRA_HOME for more." >&2
          exit 2
        fi
        start_container
        ;;
      none)
        echo "No Cassandra in $home, and no Docker engine: set CASSANDRA_HOME, or start Docker." >&2
        exit 2
        ;;
    esac
    ;;
  start-node) start_node "$3"; await_node "$3" ;;
  kill) kill -KILL "$(pid "$3")" ;;
  pause) kill -STOP "$(pid "$3")" ;;
  resume) kill -CONT "$(pid "$3")" ;;
  nodetool)
    exec java "${flags[@]}" -Xmx128M -XX:TieredStopAtLevel=1 -Duser.home="$dir" -Dlogback.configurationFile=tools/logback.xml -cp "$home/conf:$home/lib/*" \
      org.apache.cassandra.tools.NodeTool -h 127.0.0.1 -p $((7200 + $3)) "${@:4}"
    ;;
  destroy)
    if [ -s "$dir/container" ]; then docker rm --force --volumes "$(cat "$dir/container")" >/dev/null || true; fi
    for file in "$dir"/*/pid; do
      if [ -f "$file" ]; then kill -KILL "$(cat "$file")" 2>/dev/null || true; fi
    done
    rm -rf "$dir"
    ;;
  *) echo "No such command: $command" >&2; exit 2 ;;
esac
