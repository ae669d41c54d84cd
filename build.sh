#!/usr/bin/env bash
# Builds, tests, shows and publishes lsps-plugin. `./build.sh help` lists what it can do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# Compiler and build servers would outlive this script.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

readonly needed_sdk=10.0.100
readonly plugin_project=src/LspsPlugin/LspsPlugin.csproj
readonly own_rid=linux-$([ "$(uname -m)" = aarch64 ] && echo arm64 || echo x64)
readonly published=$PWD/artifacts/publish/$own_rid/lsps-plugin
# What the native file of linux-x64 may have at most: 16 MiB. Code of other processors has another size.
readonly most_bytes=$((16 << 20))
readonly regtest_project=tests/LspsPlugin.Simulation/LspsPlugin.Simulation.csproj

say()  { printf '%s\n' "$*"; }
fail() { printf '\nbuild.sh: %s\n' "$*" >&2; exit 1; }

help() {
  cat <<'TEXT'
./build.sh                  restore, build, and run the demonstration (JIT channels, end to end)
./build.sh test             format check, build with warnings as errors, all tests; the last line is "N passed, N failed"
./build.sh bench            the figures of the README: start, memory, HTLCs through the pipe
./build.sh simulate [--payers] [--seed N | --seeds N [--from K] | --soak [--minutes M]] | --canaries [TEXT]
                            the deterministic simulation: one seed told line by line, that many, as many as fit, of
                            provider and wallets or of payers; or known-bad builds that it must catch
./build.sh fuzz [TARGET] [--seconds N] [--seed N]
                            hostile bytes for every reader, or for one; on a failure its input and the command that replays it
./build.sh mutate [core|durable [GLOB..]]
                            mutation testing of the pure core and of the runtime, or of one, or of the files of one that a glob names
                            (Lsps2/*.cs); it takes about 20 minutes. What no test noticed is listed
./build.sh regtest [--list] [--only TEXT] [--jobs N] [--keep] [--tap NODE] [--before FILE] [--wallet PROGRAM]
                            [--report PAGE]
                            the scenarios of integration/ on real nodes: bitcoind and lightningd, by BITCOIND and LIGHTNINGD or on the
                            PATH; those whose name contains a text, so many at a time, logs kept of all instead of what failed,
                            with the talk of a node and its plugin, with the plugin's file of the version before, for the scenarios of
                            upgrades, with another program as the wallet (docs/foreign-wallets.md), the results written into a page;
                            CLN_LSPS_SERVICE and CLN_LSPS_CLIENT name the node's own plugins, for the scenarios of switching
./build.sh regtest --measure [--repetitions N] [--report PAGE]
                            what a JIT payment costs in time and in calls, with a tap between a real node and the plugin
./build.sh regtest --measure-payouts [--repetitions N] [--report PAGE]
                            what a payment by sendpayment costs beside one by the node's xpay, in turns
./build.sh publish [RID..]  the plugin as one native file, artifacts/publish/<rid>/lsps-plugin (linux-x64 and linux-arm64); with a runtime in it
                            instead where there is no gcc, or none of that processor's (Debian: gcc-aarch64-linux-gnu)
./build.sh release          archives of both with notices and checksums, artifacts/release; the version is that of the commit's tag (v0.1.0)
./build.sh format           put the sources into the house's format
./build.sh help             this
TEXT
}

need_sdk() {
  command -v dotnet >/dev/null ||
    fail "the .NET SDK is missing (no 'dotnet' on the PATH). Version $needed_sdk or a later 10.0.x is needed:
  https://dotnet.microsoft.com/download/dotnet/10.0, or your distribution's package 'dotnet-sdk-10.0'."
  # In this folder, dotnet resolves the version against global.json and says no when none fits.
  dotnet --version >/dev/null 2>&1 ||
    fail "no .NET SDK of version $needed_sdk or a later 10.0.x is installed; global.json asks for it. Found:
$(cd / && dotnet --list-sdks 2>/dev/null | sed 's/^/  /')
  Get it from https://dotnet.microsoft.com/download/dotnet/10.0, or as your distribution's package 'dotnet-sdk-10.0'."
}

# build CONFIGURATION: everything, from the locked package versions; quiet unless something is wrong.
build() {
  say "Building ($1)"
  dotnet restore LspsPlugin.sln --locked-mode --verbosity quiet ||
    fail "the packages did not restore. Is a NuGet source reachable ('dotnet nuget list source'), and are the lock files those of the repository?"
  dotnet build LspsPlugin.sln --no-restore --configuration "$1" --verbosity quiet --nologo || fail "the build failed, see above"
}

# run_regtest ARGS..: runs the embedded regtest from the release build. A run is short, allocates much and compiles much:
# a large generation 0 and no profile-guided recompilation save a third of its time, code pages that stay writable 3 %.
run_regtest() {
  local program=artifacts/bin/LspsPlugin.Simulation/release/lsps-regtest.dll
  [ -f "$program" ] || fail "$program is missing: $regtest_project did not build it"
  DOTNET_EnableWriteXorExecute=0 DOTNET_TieredPGO=0 DOTNET_GCgen0size=0x4000000 DOTNET_GCLOHThreshold=0x1000000 dotnet "$program" "$@"
}

demonstrate() {
  need_sdk
  build Release
  run_regtest demo --plugin artifacts/bin/LspsPlugin/release/lsps-plugin
}

# run_project NAME: runs one test project, into a log and a file with its exit code.
run_project() {
  local log=artifacts/test-logs/$1.log code=0
  LSPS_PLUGIN=$published dotnet exec "artifacts/bin/$1/release/$1.dll" -noLogo -noColor >"$log" 2>&1 || code=$?
  echo "$code" >"$log.code"
}

# run_tests: every test project is an executable; its summary line is added up. Failures are shown whole. Two run at a time, and the model
# check, which needs one core for minutes, begins first.
run_tests() {
  local passed=0 failed=0 project name log
  local projects=(tests/LspsPlugin.ModelCheck.Tests/*.csproj)
  for project in tests/*.Tests/*.Tests.csproj integration/*.Tests/*.Tests.csproj; do
    if [ "$project" != "${projects[0]}" ]; then projects+=("$project"); fi
  done
  mkdir -p artifacts/test-logs
  for project in "${projects[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
    run_project "$(basename "$project" .csproj)" &
  done
  wait
  for project in "${projects[@]}"; do
    name=$(basename "$project" .csproj)
    log=artifacts/test-logs/$name.log
    local code total errors bad skipped
    code=$(cat "$log.code")
    # "   LspsPlugin.Core.Tests  Total: 12, Errors: 0, Failed: 0, Skipped: 1, Not Run: 0, Time: 0.123s"
    read -r total errors bad skipped < <(sed -n 's/.*Total: \([0-9]*\), Errors: \([0-9]*\), Failed: \([0-9]*\), Skipped: \([0-9]*\),.*/\1 \2 \3 \4/p' "$log" | tail -n 1) || true
    if [ -z "${total:-}" ]; then
      if [ "$code" -eq 0 ] || grep -q 'Total: 0$' "$log"; then
        say "$(printf '%-34s no tests' "$name")"
        continue
      fi
      # It died before it could count: that is a failure too.
      total=0 errors=1 bad=0 skipped=0
    fi
    if [ "$code" -ne 0 ] && [ $((errors + bad)) -eq 0 ]; then errors=1; fi
    passed=$((passed + total - bad - skipped))
    failed=$((failed + bad + errors))
    say "$(printf '%-34s %5d passed %4d failed %4d skipped' "$name" $((total - bad - skipped)) $((bad + errors)) "$skipped")"
    if [ $((bad + errors)) -gt 0 ]; then sed 's/^/    /' "$log"; fi
    unset total
  done
  say "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

check() {
  need_sdk
  build Release
  say "Checking the format"
  # The build reports style and analyzer findings as errors, so only whitespace is left to check.
  dotnet format whitespace LspsPlugin.sln --verify-no-changes --no-restore --verbosity quiet || fail "the format is off: './build.sh format' mends it"
  publish_own &
  local publishing=$!
  say "Simulating"
  run_regtest simulate --seeds 1200
  run_regtest simulate --payers --seeds 250
  wait "$publishing" || fail "publishing failed, see above"
  say "Testing"
  run_tests
}

# linker_of RID: the prefix of the GNU toolchain that links for this platform; empty for the machine's own.
linker_of() {
  if [ "$1" = "$own_rid" ]; then return; fi
  case $1 in
    linux-x64) echo x86_64-linux-gnu- ;;
    linux-arm64) echo aarch64-linux-gnu- ;;
  esac
}

# publish_one RID NATIVE [OPTION..]: makes one file that needs no installed .NET: native code, or precompiled code with a runtime in it.
publish_one() {
  dotnet publish "$plugin_project" --runtime "$1" --configuration Release --self-contained \
    --property:PublishProfileRun=true --property:RestoreLockedMode=false \
    --property:Native="$2" --property:CrossPrefix="$(linker_of "$1")" \
    --output "artifacts/publish/$1" --verbosity quiet --nologo "${@:3}" >"artifacts/publish-$1.log" 2>&1
}

# check_size RID: operators fetch the file and nodes load it at each start, so it must not grow unnoticed.
check_size() {
  local bytes
  bytes=$(stat -c %s "artifacts/publish/$1/lsps-plugin")
  [ "$bytes" -le "$most_bytes" ] ||
    fail "the native file has $bytes bytes, and may have $most_bytes (16 MiB). docs/CONTRIBUTING.md says how to see what fills it."
}

publish() {
  need_sdk
  local rid gcc native wanted=("$@")
  if [ ${#wanted[@]} -eq 0 ]; then wanted=(linux-x64 linux-arm64); fi
  for rid in "${wanted[@]}"; do
    say "Publishing $rid"
    rm -rf "artifacts/publish/$rid"
    native=true
    gcc=$(linker_of "$rid")gcc
    if ! command -v "$gcc" >/dev/null; then
      say "  not as native code: there is no $gcc to link with (Debian: gcc$([ "$gcc" = gcc ] || echo "-${gcc%-gcc}" | tr _ -))"
      native=false
    elif ! publish_one "$rid" true && grep -q 'NU110[0-9].*ILCompiler' "artifacts/publish-$rid.log"; then
      say "  not as native code: the native compiler cannot be restored from the configured NuGet sources"
      native=false
    fi
    if [ $native = false ]; then publish_one "$rid" false || true; fi
    if [ -x "artifacts/publish/$rid/lsps-plugin" ]; then
      say "  artifacts/publish/$rid/lsps-plugin  $(du -h "artifacts/publish/$rid/lsps-plugin" | cut -f1)"
      if [ $native = true ] && [ "$rid" = linux-x64 ]; then check_size "$rid"; fi
    elif [ $# -eq 0 ] && [ "$rid" != "$own_rid" ] && grep -q 'NU110[0-9]' "artifacts/publish-$rid.log"; then
      say "  left out: its runtime packs cannot be restored from the configured NuGet sources"
    else
      cat "artifacts/publish-$rid.log"
      fail "publishing $rid failed"
    fi
  done
}

# publish_own: publishes for this machine. Tests and measurements use this file, because it is what operators install.
publish_own() { publish "$own_rid"; }

# shipped_packages: "NAME VERSION" of each package whose code may be in the program, from the lock file. Analyzers and build tasks have no lib folder.
shipped_packages() {
  local name version
  awk -F'"' '/^      "/ { name = $2 } /"resolved":/ { print name, $4 }' src/LspsPlugin/packages.lock.json | sort -u |
    while read -r name version; do
      if [ -d "$1/${name,,}/$version/lib" ]; then say "$name $version"; fi
    done
}

# notices RID: the licences of everything that the program contains.
notices() {
  local packages name version folder spec holder
  packages=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: //')
  say "The program contains parts of the .NET runtime:"
  say
  cat "$packages/microsoft.netcore.app.runtime.nativeaot.$1"/*/LICENSE.TXT "$packages/microsoft.netcore.app.runtime.nativeaot.$1"/*/THIRD-PARTY-NOTICES.TXT
  while read -r name version; do
    folder=$packages/${name,,}/$version
    spec=$folder/${name,,}.nuspec
    grep -q '<license type="expression">MIT</license>' "$spec" || fail "$name $version is not under the MIT licence: write its notice"
    holder=$(sed -n 's/.*<copyright>\(.*\)<\/copyright>.*/\1/p' "$spec")
    [ -n "$holder" ] || fail "$name $version names no holder of its copyright: write its notice"
    say
    say "It contains parts of $name $version:"
    say
    # All have the text of this repository's licence.
    sed "s/^Copyright .*/$(sed 's/[&/\\]/\\&/g' <<<"$holder")/" LICENSE
    if [ -f "$folder/THIRD-PARTY-NOTICES.TXT" ]; then cat "$folder/THIRD-PARTY-NOTICES.TXT"; fi
  done < <(shipped_packages "$packages")
}

# release: makes the archives that operators install. The version is the tag of this commit; the archives are reproducible.
release() {
  need_sdk
  local tag version rid name
  tag=$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null) || fail "a release is made from a tag: none such as v0.1.0 stands at this commit"
  [ -z "$(git status --porcelain)" ] || fail "a release is made from what is committed: 'git status' shows changes"
  version=${tag#v}
  rm -rf artifacts/release
  for rid in linux-x64 linux-arm64; do
    say "Releasing $version for $rid"
    command -v "$(linker_of "$rid")gcc" >/dev/null || fail "there is no $(linker_of "$rid")gcc to link with (Debian: gcc, gcc-aarch64-linux-gnu)"
    if ! publish_one "$rid" true --property:Version="$version"; then
      cat "artifacts/publish-$rid.log"
      fail "publishing $rid failed"
    fi
    name=lsps-plugin-$version-$rid
    mkdir -p "artifacts/release/$name"
    cp "artifacts/publish/$rid/lsps-plugin" LICENSE docs/lsps-plugin.md docs/operating.md docs/monitoring.md docs/switching.md docs/SECURITY.md docs/CHANGELOG.md "artifacts/release/$name"
    cp -r docs/monitoring "artifacts/release/$name"
    notices "$rid" >"artifacts/release/$name/NOTICES"
    tar --directory artifacts/release --sort=name --mtime="@$(git log -1 --format=%ct)" --owner=0 --group=0 --numeric-owner --mode=go-w \
      --create "$name" | gzip --no-name --best >"artifacts/release/$name.tar.gz"
    rm -r "artifacts/release/$name"
  done
  (cd artifacts/release && sha256sum ./*.tar.gz >SHA256SUMS && cat SHA256SUMS)
}

bench() {
  need_sdk
  build Release
  publish_own
  dotnet exec artifacts/bin/LspsPlugin.Benchmarks/release/LspsPlugin.Benchmarks.dll "$published" "$@"
}

simulate() {
  need_sdk
  build Release
  run_regtest simulate "$@"
}

fuzz() {
  need_sdk
  build Release
  dotnet exec artifacts/bin/LspsPlugin.Fuzz/release/LspsPlugin.Fuzz.dll "$@"
}

# mutate [core|durable [GLOB..]]: mutation testing with the quick tests of the project; the model checks would take minutes for each mutant.
mutate() {
  need_sdk
  local projects=() globs=() glob project folder
  case ${1:-} in
    "") projects=(Core Durable) ;;
    core) projects=(Core) ;;
    durable) projects=(Durable) ;;
    *) fail "'$1' is not mutated: core or durable" ;;
  esac
  for glob in "${@:2}"; do globs+=(--mutate "$glob"); done
  dotnet tool restore --verbosity quiet || fail "dotnet-stryker of .config/dotnet-tools.json cannot be restored from the configured NuGet sources"
  for project in Mutants "${projects[@]/%/.Tests}"; do
    say "Building LspsPlugin.$project"
    dotnet build "tests/LspsPlugin.$project" --configuration Release --verbosity quiet --nologo || fail "the build failed, see above"
  done
  for project in "${projects[@]}"; do
    say "Mutating LspsPlugin.$project"
    folder=$PWD/artifacts/mutation/$project
    rm -rf "$folder"
    mkdir -p "$folder"
    make_mutants "$project" "$folder" "${globs[@]}"
    artifacts/bin/LspsPlugin.Mutants/release/LspsPlugin.Mutants "artifacts/bin/LspsPlugin.$project.Tests/release/LspsPlugin.$project.Tests.dll" \
      "$folder/LspsPlugin.$project.dll" "$folder/reports/mutation-report.json" "$folder" >"$folder/tests.log" || fail "the mutants of $project did not run, see $folder/tests.log"
    cat "$folder/survivors.txt" "$folder/table.md"
    # The page has the numbers of whole projects.
    if [ ${#globs[@]} -eq 0 ]; then show_mutation "$project" "$folder/table.md"; fi
  done
}

# make_mutants PROJECT FOLDER [--mutate GLOB]..: lets stryker make all mutants, in one assembly, and list them. It tests none: it is told that nothing
# has changed. The assembly stands in the tests' folder for as long as stryker runs.
make_mutants() {
  local built=artifacts/bin/LspsPlugin.$1.Tests/debug/LspsPlugin.$1.dll copying
  rm -f "$built" # of an earlier run
  while sleep 1; do
    if grep -qs MutantControl "$built"; then cp "$built" "$2/LspsPlugin.$1.dll" || true; fi
  done &
  copying=$!
  # The analyzers have no say in mutants; on a busy machine the tool would not wait for 'dotnet --info'.
  (cd "tests/LspsPlugin.$1.Tests" &&
    RunAnalyzers=false DOTNET_INFO_WAIT_TIME=120000 dotnet stryker --since:"$(git rev-parse HEAD)" --output "$2" "${@:3}" >"$2/stryker.log") || true
  kill "$copying" || true
  [ -f "$2/reports/mutation-report.json" ] && [ -f "$2/LspsPlugin.$1.dll" ] || fail "stryker did not make the mutants of $1, see $2/stryker.log"
}

# show_mutation PROJECT TABLE: puts the table, with the date, between the project's two markers in docs/mutation.md.
show_mutation() {
  awk -v from="<!-- $1 -->" -v to="<!-- /$1 -->" -v report="$2" -v day="$(date -u +%F)" '
    $0 == to { skip = 0 }
    !skip { print }
    $0 == from {
      skip = 1
      printf "\nRun on %s.\n\n", day
      while ((getline line < report) > 0) if (line ~ /^\|/) print line
      print ""
    }' docs/mutation.md >artifacts/mutation/page.md
  mv artifacts/mutation/page.md docs/mutation.md
}

# have_nodes: whether real nodes can be started; the program itself says what is missing.
have_nodes() { [ -n "${BITCOIND:-$(command -v bitcoind)}" ] && [ -n "${LIGHTNINGD:-$(command -v lightningd)}" ]; }

regtest() {
  need_sdk
  local project=integration/LspsPlugin.LightningdWallet/LspsPlugin.LightningdWallet.csproj
  say "Building (Release)"
  dotnet restore "$project" --locked-mode --verbosity quiet || fail "the packages did not restore"
  dotnet build "$project" --no-restore --configuration Release --verbosity quiet --nologo || fail "the build failed, see above"
  if have_nodes && [[ " $* " != *" --list "* ]]; then publish_own; fi
  dotnet exec artifacts/bin/LspsPlugin.RealNodes/release/lsps-realnodes.dll --plugin "$published" "$@"
}

mkdir -p artifacts
verb=${1:-demonstrate}
if [ $# -gt 0 ]; then shift; fi
case $verb in
  demonstrate) demonstrate ;;
  test) check ;;
  bench) bench "$@" ;;
  simulate) simulate "$@" ;;
  fuzz) fuzz "$@" ;;
  mutate) mutate "$@" ;;
  regtest) regtest "$@" ;;
  publish) publish "$@" ;;
  release) release ;;
  format) need_sdk; dotnet format LspsPlugin.sln ;;
  help | -h | --help) help ;;
  *) help >&2; fail "there is no '$verb'" ;;
esac
