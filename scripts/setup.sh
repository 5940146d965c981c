# Installing packages and building, for scripts/lx and scripts/test, which source this file. All it says goes to stderr.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

say() { printf '%s\n' "lx: $*" >&2; }
stop() { say "$*"; exit 1; }

# Everything up to the matching `unlock` is done by one process at a time; the others wait and find the work done.
lock() {
  mkdir -p "$project/build" 2>/dev/null && : 2>/dev/null >>"$project/build/.lock" ||
    stop "cannot write to $project/build: lx builds itself there, so clone it to a folder of yours"
  exec 9>>"$project/build/.lock"
  command -v flock >/dev/null || return 0
  flock -n 9 || { say "waiting for another lx that is setting up in $project/build"; flock 9; }
}
unlock() { exec 9>&-; }

# ---- packages -------------------------------------------------------------------------------------------------------

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
# A real package that the lists know; for a name that has only been heard of apt-cache prints nothing.
known() { [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]; }

# Prints, for each line of the given groups none of whose alternatives is installed, the first that is known (or the
# first, when none is).
missing_packages() {
  local group names name chosen
  while read -r group names; do
    case " $* " in *" $group "*) ;; *) continue ;; esac
    chosen=
    for name in ${names//|/ }; do installed "$name" && continue 2; done
    for name in ${names//|/ }; do known "$name" && { chosen=$name; break; }; done
    printf '%s\n' "${chosen:-${names%%|*}}"
  done < <(grep -v '^#' "$project/scripts/packages.txt")
}

# install_packages GROUP...: installs what is missing of these groups; one line says what and how large.
install_packages() {
  local log=$project/build/install.log missing size sudo=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    command -v cmake >/dev/null && return 0   # another system: its owner has installed things in his own way
    stop "this is not a Debian system: install what scripts/packages.txt lists, then build with: cmake --preset release && cmake --build --preset release"
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  local line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || stop "packages are missing and this user may not install them; as root run: $line"
    sudo=(sudo)
    [ -t 2 ] && [ -t 0 ] || sudo -n true 2>/dev/null ||
      stop "packages are missing and sudo asks for a password; run: sudo sh -c '$line'"
  fi
  local apt=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=900)
  local install=("${sudo[@]}" "${apt[@]}" install --yes --no-install-recommends)
  : >"$log"
  if ! "${apt[@]}" install --no-install-recommends --simulate "${missing[@]}" >>"$log" 2>&1; then
    say "reading the lists of packages (apt-get update)"
    "${sudo[@]}" "${apt[@]}" update >>"$log" 2>&1 || true   # one broken source must not stop us: the next line decides
    mapfile -t missing < <(missing_packages "$@")
    "${apt[@]}" install --no-install-recommends --simulate "${missing[@]}" >>"$log" 2>&1 ||
      { tail -n 5 "$log" >&2; stop "Debian's lists do not have what is needed (no network, or another release?); run: $line"; }
  fi
  size=$("${apt[@]}" install --no-install-recommends --assume-no "${missing[@]}" 2>/dev/null |
    sed -n -e 's/^Need to get \(.*\) of archives.*/\1 to download/p' -e 's/^After this operation, \(.*\) of additional.*/\1 on disk/p' |
    sed 's#^[^/]*/##' | paste -sd, - | sed 's/,/, /') || true
  say "installing ${missing[*]} (with what they need: ${size:-size unknown})"
  if ! "${install[@]}" "${missing[@]}" >>"$log" 2>&1; then   # old lists name files that are gone: read them anew, once
    "${sudo[@]}" "${apt[@]}" update >>"$log" 2>&1 || true
    "${install[@]}" "${missing[@]}" >>"$log" 2>&1 ||
      { tail -n 15 "$log" >&2; stop "the packages could not be installed (log: $log); run: $line"; }
  fi
}

# try_packages GROUP...: the same for what only a few tests need. Asks for no password, and a failure stops nothing.
try_packages() {
  local missing
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || return 0
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; } && (install_packages "$@"); then return 0; fi
  say "going on without ${missing[*]}: the tests that need them are skipped"
}

# ---- building -------------------------------------------------------------------------------------------------------

# fresh PRESET: true when the preset was built from exactly these sources. A few milliseconds; a removed file counts too,
# since it changes its folder.
fresh() {
  local stamp=$project/build/$1/.built
  [ -f "$stamp" ] && [ "$(<"$stamp")" = "$project" ] || return 1
  local paths=(src cmake CMakeLists.txt CMakePresets.json scripts/packages.txt)
  [ "$1" = release ] || paths+=(tests)
  [ ! -f "$project/.git/logs/HEAD" ] || paths+=(.git/logs/HEAD)   # the program carries its commit
  [ -z "$(cd "$project" && find "${paths[@]}" -newer "$stamp" -print -quit 2>&1)" ]
}

# As many compilers as there are cores, but no more than memory allows (a file that includes LibTorch takes 1.5 GB).
build_jobs() {
  local cores memory
  cores=$(nproc 2>/dev/null || echo 1)
  memory=$(awk '/^MemAvailable/ {print int($2 / 1600000)}' /proc/meminfo 2>/dev/null || echo 1)
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

# build PRESET [TARGET...]: configures and builds, with one line of progress; the full log is build/PRESET/build.log.
build() {
  local preset=$1 folder=$project/build/$1 log=$project/build/$1/build.log start=$SECONDS line shown=
  shift
  mkdir -p "$folder"
  printf '%s' "$project" >"$folder/.building"   # its time is that of the start: what changes meanwhile is built next time
  local arguments=()
  # A folder that was moved or copied from another machine cannot be built on; its objects are worth nothing here.
  if [ -f "$folder/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$project" "$folder/CMakeCache.txt"; then
    arguments+=(--fresh)
  fi
  if command -v ccache >/dev/null; then arguments+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  (cd "$project" && cmake --preset "$preset" "${arguments[@]}") >"$log" 2>&1 </dev/null ||
    { tail -n 30 "$log" >&2; stop "configuring failed (log: $log)"; }
  [ -t 2 ] || say "building (preset $preset; the first time takes some minutes; log: $log)"
  local targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  if ! (cd "$project" && NINJA_STATUS='[%f/%t] ' cmake --build --preset "$preset" -j "$(build_jobs)" "${targets[@]}" 2>&1 </dev/null) |
    while IFS= read -r line; do
      printf '%s\n' "$line"
      if [ -t 2 ] && [[ $line =~ ^\[([0-9]+/[0-9]+)\] ]]; then
        printf '\rlx: building, step %s ' "${BASH_REMATCH[1]}" >&2
      fi
    done >>"$log"; then
    [ ! -t 2 ] || printf '\n' >&2
    tail -n 40 "$log" >&2
    stop "the build failed (log: $log)"
  fi
  mv "$folder/.building" "$folder/.built"
  [ ! -t 2 ] || printf '\r\033[K' >&2
  [ $((SECONDS - start)) -lt 20 ] || say "built in $(((SECONDS - start) / 60)) min $(((SECONDS - start) % 60)) s"
}
