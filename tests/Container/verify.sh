#!/usr/bin/env bash
# Builds the Dockerfile and runs the image, on a machine that has neither a container engine nor a way to the base images.
#
#   sudo tests/Container/verify.sh
#
# buildah builds in a chroot. The base images are stand-ins under the same names: a Debian tree from debootstrap with this
# machine's .NET or Node in it: the SDK, only the runtimes, Node with npm. What they can't show is that the image also builds
# on the real ones. Ends with `container: ok`, or exits 1 with the reason; 77 when a tool is missing: nothing was run.
#
#   CHAT_CONTAINER_CACHE=dir   keeps the Debian tree there, which saves half a minute the next time
#   CHAT_CONTAINER_OFFLINE=1   restores from this machine's NuGet package folder and npm cache, for builds without a network
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "container: skipped: $*"; exit 77; }
fail() { echo "container: failed: $*" >&2; [ ! -s "$work/log" ] || tail -n 40 "$work/log" >&2; exit 1; }
step() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

[ "$(id -u)" = 0 ] || skip "not run as root, which debootstrap and chroot need"
grep -q '^VERSION_CODENAME=bookworm' /etc/os-release || skip "not Debian 12, whose libraries the stand-ins share with this machine's .NET and Node"
for tool in buildah debootstrap curl dotnet node npm pgrep; do
    command -v "$tool" > /dev/null || skip "$tool is not installed"
done
dotnet --version > /dev/null || skip "no .NET SDK here that global.json accepts"

work=$(mktemp -d "${TMPDIR:-/tmp}/chat-container.XXXXXX")
run=
clean_up() {
    if [ -n "$run" ]; then
        kill -KILL "$(innermost "$run")" 2> /dev/null || true
        wait
    fi
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT

export BUILDAH_ISOLATION=chroot
buildah() { command buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }

# --- The base images -------------------------------------------------------------------------------------------------

debian=${CHAT_CONTAINER_CACHE:-$work}/debian-12
if [ ! -d "$debian" ]; then
    step "debootstrap a Debian tree"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 'Origin: Debian' | head -n 1)
    mkdir -p "$(dirname "$debian")"
    rm -rf "$debian.part"
    debootstrap --variant=minbase --include=ca-certificates,libicu72,libssl3,libstdc++6,tzdata bookworm "$debian.part" \
        ${mirror:+"$mirror"} > "$work/log" 2>&1 || fail "debootstrap"
    mv "$debian.part" "$debian"
fi

base_image() { awk -v name="(^|/)$1:" '$1 == "FROM" && $2 ~ name { print $2; exit }' Dockerfile; }

# stand_in IMAGE "NAME=VALUE…" COMMAND…: the Debian tree, these environment variables, and what the command puts in, told the tree
stand_in() {
    local image=$1 environment=$2 container root
    shift 2
    step "stand-in for $image"
    container=$(buildah from scratch)
    root=$(buildah mount "$container")
    cp -a "$debian/." "$root"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    "$@" "$root"
    for variable in PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin $environment; do
        buildah config --env "$variable" "$container"
    done
    buildah commit --quiet --rm "$container" "$image" > /dev/null
}

# Parts of this machine's .NET.
put_dotnet() {
    local dotnet root=${*: -1}
    dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
    mkdir "$root/usr/share/dotnet"
    (cd "$dotnet" && cp -a "${@:1:$#-1}" "$root/usr/share/dotnet/")
    ln -s ../share/dotnet/dotnet "$root/usr/bin/dotnet"
}

put_node() {
    local root=$1 npm
    npm=$(readlink -f "$(command -v npm)")
    cp -L "$(command -v node)" "$root/usr/local/bin/node"
    mkdir "$root/usr/local/lib/node_modules"
    cp -a "${npm%/bin/npm-cli.js}" "$root/usr/local/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
}

volumes=()
nuget="DOTNET_NOLOGO=true DOTNET_GENERATE_ASPNET_CERTIFICATE=false $(env | grep '^NUGET_[A-Z_]*=[^ ]*$' | grep -v ^NUGET_PACKAGES= || true)"
if [ -d "$HOME/.nuget/NuGet" ]; then
    volumes+=(--volume "$HOME/.nuget/NuGet:/root/.nuget/NuGet:ro")
fi
npm="NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm_config_registry=$(npm config get registry)"
if [ -n "${CHAT_CONTAINER_OFFLINE:-}" ]; then
    volumes+=(--volume "$(npm config get cache):/npm")
    npm+=" npm_config_cache=/npm npm_config_offline=true"
    volumes+=(--volume "${NUGET_PACKAGES:-$HOME/.nuget/packages}:/packages:ro")
    nuget+=" NUGET_FALLBACK_PACKAGES=/packages NuGetAudit=false"
fi

stand_in "$(base_image sdk)" "$nuget" put_dotnet dotnet host shared sdk packs sdk-manifests templates
stand_in "$(base_image aspnet)" DOTNET_RUNNING_IN_CONTAINER=true put_dotnet dotnet host shared
stand_in "$(base_image node)" "$npm" put_node

# --- Build -----------------------------------------------------------------------------------------------------------

step "build the Dockerfile"
# The docker format, because OCI's has no health check.
buildah bud --pull=never --format docker "${volumes[@]}" --tag chat . > "$work/log" 2>&1 || fail "the build"

image() { buildah inspect --type image --format "{{range .Docker.Config.$1}}{{println .}}{{end}}" chat; }
mapfile -t entrypoint < <(image Entrypoint | sed '/^$/d')
mapfile -t health < <(image Healthcheck.Test | sed '/^$/d; 1d')
uid=$(buildah inspect --type image --format '{{.Docker.Config.User}}' chat | cut -d: -f1)
[[ $uid =~ ^[1-9][0-9]*$ ]] || fail "the image's user '$uid' is not a number other than 0"

# --- Run -------------------------------------------------------------------------------------------------------------

container=$(buildah from --pull=never chat)
root=$(buildah mount "$container")
port=$((20000 + RANDOM % 10000))
while (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do port=$((port + 1)); done

# Runs a command in the container as the image's user, its root file system read-only. The image's volume is the one
# place to write: buildah makes it, like an engine, as a copy of the image's directory, and keeps it between runs.
contained() {
    exec unshare --mount bash -euc '
        root=$1; shift
        mount --bind "$root" "$root"
        mount -o remount,bind,ro "$root"
        mount -t tmpfs -o mode=755 tmpfs "$root/run"   # buildah puts a file there, and takes it away again
        exec "$@"' - "$root" \
        buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" \
        run --env ASPNETCORE_HTTP_PORTS="$port" "$container" -- "$@"
}

# The last of a chain of processes, each the only child of the one before: buildah has two of its own around a command.
innermost() {
    local pid=$1 child
    while child=$(pgrep -P "$pid"); do pid=$child; done
    echo "$pid"
}

start() {
    (contained "${entrypoint[@]}") > "$work/log" 2>&1 &
    run=$!
    local deadline=$((SECONDS + 30))
    until curl --silent --fail --max-time 2 --output /dev/null "$url/health/ready"; do
        kill -0 "$run" 2> /dev/null || fail "the server ended before it was ready"
        ((SECONDS < deadline)) || fail "the server was not ready within 30 s"
        sleep 0.1
    done
    app=$(innermost "$run")
}

# An engine's `stop`: SIGTERM to the container's first process. (To buildah itself it would be a SIGKILL for the server.)
stop() {
    kill -TERM "$app"
    timeout 10 tail --pid="$run" -f /dev/null || fail "the server still runs 10 s after SIGTERM"
    wait "$run" || fail "the server exited with $? after SIGTERM"
    run=
}

url=http://127.0.0.1:$port
call() { curl --silent --show-error --fail-with-body --max-time 10 --header 'Content-Type: application/json' "$@" || fail "curl ${*: -1}"; }
register() {
    call --data "{\"userId\":\"$1\",\"password\":\"correct horse battery $1\",\"deviceId\":\"phone\"}" "$url/v1/auth/register" |
        sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p'
}
bob_reads_hello() {
    call --header "Authorization: Bearer $bob" "$url/v1/conversations/dm:alice:bob/messages" | grep '"hello bob"' > /dev/null ||
        fail "bob doesn't see the message: $1"
}

(contained sh -c 'true > /data/probe && rm /data/probe') || fail "the image's user can't write to /data"
[[ $( (contained touch /tmp/probe) 2>&1 ) == *"Read-only file system"* ]] || fail "the root file system is not read-only"

step "start"
start
step "ready"
[ "$(awk '$1 == "Uid:" { print $2 $3 $4 $5 }' "/proc/$app/status")" = "$uid$uid$uid$uid" ] || fail "the server does not run as $uid"
(contained "${health[@]}") || fail "the health check fails while the server is ready"
alice=$(register alice)
bob=$(register bob)
call --header "Authorization: Bearer $alice" --data '{"to":"@bob","text":"hello bob","clientMsgId":"1"}' "$url/v1/messages" > /dev/null
bob_reads_hello "just sent"
page=$(call --dump-header "$work/head" "$url/")
grep -i "^content-security-policy: default-src 'none'; script-src 'self'" "$work/head" > /dev/null || fail "the page comes without its policy"
script=$(grep -o -m 1 '/assets/[^"]*\.js' <<< "$page" || true)
[ -n "$script" ] || fail "there is no page at /"
call --header 'Accept-Encoding: br' --dump-header "$work/head" --output /dev/null "$url$script"
grep -i '^content-encoding: br' "$work/head" > /dev/null || fail "the page's script is not compressed"
[ -n "$(find "/proc/$app/root/data/" -type f)" ] || fail "nothing was stored in /data"
[ -z "$(find "/proc/$app/root/data/" ! -uid "$uid")" ] || fail "a file in /data belongs to somebody else"
step "served the page and two users as uid $uid on a read-only root file system"

stop
step "stopped by SIGTERM with exit code 0"
if (contained "${health[@]}") > /dev/null 2>&1; then fail "the health check passes without a server"; fi

start
bob_reads_hello "after a restart, with the token from before"
stop
step "started again on the same volume: message and token are still good"
echo "container: ok"
