# shellcheck shell=bash
# What the commands in this folder share: packages, private servers, background processes. To be sourced.
set -euo pipefail
shopt -s inherit_errexit

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run=$root/.run

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() {
    fail "$*"
    exit 1
}

# Sets what a file of NAME=value lines says, except for names that are set already. Nothing in it is executed.
read_env() { # FILE
    [ -r "$1" ] || return 0
    local line name value
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%$'\r'}
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || continue
        name=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
        [ -z "${!name+set}" ] || continue
        if [[ $value =~ ^\"([^\"]*)\" || $value =~ ^\'([^\']*)\' ]]; then
            value=${BASH_REMATCH[1]}
        else
            value=${value%%[[:space:]]#*}
            value=${value%"${value##*[![:space:]]}"}
        fi
        export "$name=$value"
    done <"$1"
}

# MARK: - What the machine needs

require_toolchain() {
    local version
    if ! command -v swift >/dev/null; then
        die "there is no Swift toolchain on PATH; 6.3 or newer is needed.
  Get it from https://www.swift.org/install/linux/, for example with swiftly:
    curl -O https://download.swift.org/swiftly/linux/swiftly-\$(uname -m).tar.gz
    tar zxf swiftly-\$(uname -m).tar.gz && ./swiftly init
  then run this command again in a new shell."
    fi
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    if [ "$(printf '%s\n' 6.3 "${version:-0}" | sort -V | head -n 1)" != 6.3 ]; then
        die "Swift ${version:-of an unknown version} is on PATH ($(command -v swift)); 6.3 or newer is needed.
  See https://www.swift.org/install/linux/; with swiftly: swiftly install 6.3 && swiftly use 6.3"
    fi
}

is_installed() { # PACKAGE
    case $1 in
    curl | jq | openssl | pkg-config | python3 | redis-server) command -v "$1" >/dev/null ;;
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    *) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
    esac
}

moto_version=5.2.5
# Simulates AWS's APIs; kept between runs.
require_moto() {
    [ -z "${CLOUDOPTIM_TEST_MOTO_SERVER:-}" ] || return 0
    local directory=$root/.run/moto-$moto_version
    if [ ! -x "$directory/bin/moto_server" ]; then
        say "Installing moto $moto_version …"
        rm -rf "$directory"
        mkdir -p "$root/.run"
        if ! python3 -m venv "$directory" || ! "$directory/bin/pip" install --quiet --disable-pip-version-check \
            "moto[server,ec2,sqs,sts,autoscaling]==$moto_version" </dev/null; then
            rm -rf "$directory"
            die "moto cannot be installed; name a moto_server by CLOUDOPTIM_TEST_MOTO_SERVER"
        fi
    fi
    export CLOUDOPTIM_TEST_MOTO_SERVER=$directory/bin/moto_server
}

# Installs what is missing. Debian would start the servers it installs; ours are private ones, so it is told not to.
require_packages() { # PACKAGE…
    local missing=() package as_root=()
    for package; do is_installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "these packages are missing, by their Debian names: ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        as_root=(sudo -n)
        sudo -n true 2>/dev/null || die "packages are missing. Run this, then ${0##*/} again:
  sudo apt-get update && sudo apt-get install -y ${missing[*]}"
    fi
    say "Installing ${missing[*]} …"
    # shellcheck disable=SC2016  # the inner shell expands it
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive bash -euc '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap "rm -f $policy" EXIT
            printf "#!/bin/sh\nexit 101\n" >$policy
            chmod 755 $policy
        fi
        options="-q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
        apt-get $options update
        apt-get $options install -y --no-install-recommends "$@"
    ' install "${missing[@]}" </dev/null || die "apt-get could not install ${missing[*]}"
}

# shellcheck disable=SC2034  # used by those who source this
libraries=(ca-certificates libcurl4-openssl-dev libhiredis-dev libpq-dev libssl-dev pkg-config tzdata)

# MARK: - Ports

port_is_open() { # PORT [HOST]
    (exec 3<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null
}

# Below the range that the system gives to outgoing connections.
free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)); do
        port_is_open "$port" || grep -qs "=$port\$" "$run/ports" || break
    done
    echo "$port"
}

# The port remembered for a name; another one if something else has taken it meanwhile.
private_port() { # NAME IS_OURS
    local port
    port=$(sed -n "s/^$1=//p" "$run/ports" 2>/dev/null || true)
    if [ -z "$port" ] || { [ "$2" != yes ] && port_is_open "$port"; }; then
        port=$(free_port)
        { grep -v "^$1=" "$run/ports" 2>/dev/null || true; echo "$1=$port"; } >"$run/ports.new"
        mv "$run/ports.new" "$run/ports"
    fi
    echo "$port"
}

# MARK: - Processes
# run/pids/NAME holds a process's id and the time it started, so that a process that got its id later is not taken
# for it; run/pids/NAME.stamp says what it was started from.

started_at() { # PID
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # shellcheck disable=SC2086  # fields 3 and following; a name may hold spaces and brackets
    set -- ${stat##*) }
    [ "$1" != Z ] || return 1
    echo "${20}"
}

pid_of() { # NAME
    local pid start
    read -r pid start 2>/dev/null <"$run/pids/$1" || return 1
    [ "$(started_at "$pid" || true)" = "$start" ] || return 1
    echo "$pid"
}

is_running() { pid_of "$1" >/dev/null; }

# Changes with the program, its arguments, and the part of the environment that it reads.
stamp_of() { # COMMAND…
    {
        stat -L -c '%i %s %Y' "$(command -v "$1")"
        printf '%s\n' "$@"
        case $1 in
        "$root"/*)
            env | LC_ALL=C sort |
                grep -E '^(AWS_|CENTRAL_|CLOUDOPTIM_|DATABASE_URL|DB_|DRAIN_|GHOST_|JOB_|K8S_|LOG_LEVEL|METRICS_|REDIS_|SQS_|WORKER_|ZOMBIE_)' || true
            ;;
        esac
    } | sha256sum | cut -d ' ' -f 1
}

# Starts a process in the background, unless the very same is running.
start_process() { # NAME COMMAND…
    local name=$1 stamp log=$run/log/$1.log
    shift
    stamp=$(stamp_of "$@")
    if is_running "$name"; then
        [ "$(cat "$run/pids/$name.stamp" 2>/dev/null)" != "$stamp" ] || return 0
        say "Restarting $name: it was started from something older."
        stop_processes "$name"
    fi
    [ ! -e "$log" ] || mv "$log" "$log.1"
    # Descriptor 9 is the lock.
    (cd "$root" && umask 077 && exec setsid "$@" </dev/null >"$log" 2>&1 9>&-) &
    echo "$! $(started_at $! || echo 0)" >"$run/pids/$name"
    echo "$stamp" >"$run/pids/$name.stamp"
}

show_log() { # NAME
    say "--- the end of ${run#"$root"/}/log/$1.log" >&2
    tail -n 15 "$run/log/$1.log" >&2 || true
}

# Waits until a command succeeds; says why if the process ends or the time is over.
wait_for() { # NAME SECONDS COMMAND…
    local name=$1 limit=$((SECONDS + $2)) seconds=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ! is_running "$name"; then
            show_log "$name"
            die "$name ended as soon as it was started"
        elif ((SECONDS >= limit)); then
            show_log "$name"
            die "$name was not ready within $seconds s"
        fi
        sleep 0.2
    done
}

# SIGTERM to all of them, then as long as they need to drain, then SIGKILL.
stop_processes() { # NAME…
    local name pid seconds=$((${DRAIN_SECONDS:-25} + 20)) limit
    limit=$((SECONDS + seconds))
    for name; do
        if pid=$(pid_of "$name"); then kill -TERM "$pid" 2>/dev/null || true; fi
    done
    for name; do
        while is_running "$name" && ((SECONDS < limit)); do sleep 0.1; done
        if pid=$(pid_of "$name"); then
            fail "$name did not stop within $seconds s: killing it"
            kill -KILL "$pid" 2>/dev/null || true
            while is_running "$name"; do sleep 0.1; done
        fi
        rm -f "$run/pids/$name" "$run/pids/$name.stamp"
    done
}

# MARK: - Private PostgreSQL
# It refuses to run as root; then it runs as the user `postgres`. No Unix socket: nothing to put its path into.

as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u postgres -- "$@" 9>&-)
    else
        (cd / && exec "$@" 9>&-)
    fi
}

# The server programs that fit a data directory, or the newest.
postgres_programs() { # [DATA]
    local version
    version=$(cat "${1:-/nonexistent}/PG_VERSION" 2>/dev/null || true)
    if [ -n "$version" ]; then
        echo "/usr/lib/postgresql/$version/bin"
    else
        compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 | xargs dirname
    fi
}

# Makes a data directory inside a directory that the server's user can reach.
postgres_init() { # DATA [PASSWORD]
    local data=$1 password=${2:-} authentication=(--auth=trust) file=
    mkdir -p "$data"
    chmod 700 "$data"
    [ "$(id -u)" != 0 ] || chown postgres: "$data"
    if [ -n "$password" ]; then
        # In a file: arguments can be read by everybody.
        file=$(as_postgres mktemp -p /tmp)
        printf '%s\n' "$password" | as_postgres tee "$file" >/dev/null
        authentication=(--auth=scram-sha-256 "--pwfile=$file")
    fi
    as_postgres "$(postgres_programs)/initdb" -D "$data" -U cloudoptim -E UTF8 --locale=C.UTF-8 \
        "${authentication[@]}" >/dev/null
    [ -z "$file" ] || rm -f "$file"
}

postgres_is_running() { # DATA
    [ -e "$1/PG_VERSION" ] && as_postgres "$(postgres_programs "$1")/pg_ctl" -D "$1" status >/dev/null 2>&1
}

postgres_start() { # DATA PORT SETTING…
    local data=$1 port=$2 settings setting
    shift 2
    settings="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=''"
    for setting; do settings+=" -c $setting"; done
    if ! as_postgres "$(postgres_programs "$data")/pg_ctl" -D "$data" -w -t 60 -l "$data/server.log" -o "$settings" \
        start >/dev/null; then
        tail -n 15 "$data/server.log" >&2 || true
        die "PostgreSQL does not start (its data is in $data)"
    fi
}

postgres_stop() { # DATA MODE
    postgres_is_running "$1" || return 0
    as_postgres "$(postgres_programs "$1")/pg_ctl" -D "$1" -w -t 60 -m "$2" stop >/dev/null
}

# MARK: - The fleet as a whole

# One ops/up or ops/down at a time.
lock_fleet() {
    mkdir -p "$run/log" "$run/pids"
    # The server's user has to pass through, and needs to see nothing.
    chmod 711 "$run"
    chmod 700 "$run/log" "$run/pids"
    exec 9>"$run/lock"
    flock -n 9 || die "another ops/up or ops/down is at work"
}

processes() { # PATTERN
    local file
    for file in "$run"/pids/$1; do
        case $file in *.stamp | *\*) ;; *) basename "$file" ;; esac
    done
}

postgres_data() { cat "$run/postgres.directory" 2>/dev/null || echo "$run/postgres"; }

# Those that need the servers first, the servers last.
stop_fleet() {
    local names
    mapfile -t names < <(processes '*' | grep -v '^redis$')
    [ ${#names[@]} -eq 0 ] || stop_processes "${names[@]}"
    stop_processes redis
    postgres_stop "$(postgres_data)" fast
}
