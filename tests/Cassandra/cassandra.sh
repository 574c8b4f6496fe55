#!/usr/bin/env bash
# Real Apache Cassandra for tests, on loopback: node N is 127.0.0.N, port 9042. Java 17; CASSANDRA_HOME is a folder with its jars in lib/ and its
# settings in conf/. Everything that the nodes write is in DIR.
#   cassandra.sh start DIR [NODES]   begins a cluster of 1 to 5 nodes, and returns when they answer
#   cassandra.sh kill|pause|resume|start-node DIR N
#   cassandra.sh nodetool DIR N …    Cassandra's own nodetool, on node N
#   cassandra.sh destroy DIR         ends what was started there and deletes DIR
# CASSANDRA_AUTH=1 asks for passwords (cassandra/cassandra).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${CASSANDRA_HOME:-$here/../../../shared/cassandra}
command=${1:?start, kill, pause, resume, start-node, nodetool or destroy}
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
  setsid java "${flags[@]}" -Xms"${CASSANDRA_HEAP:-512M}" -Xmx"${CASSANDRA_HEAP:-512M}" -Dcassandra.config="file://$own/cassandra.yaml" -Dcassandra.storagedir="$own" \
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

case $command in
  start)
    [ -d "$home/lib" ] || { echo "No Cassandra in $home: set CASSANDRA_HOME." >&2; exit 2; }
    for node in $(seq "${3:-1}"); do start_node "$node"; await_node "$node"; done
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
    for file in "$dir"/*/pid; do
      if [ -f "$file" ]; then kill -KILL "$(cat "$file")" 2>/dev/null || true; fi
    done
    rm -rf "$dir"
    ;;
  *) echo "No such command: $command" >&2; exit 2 ;;
esac
