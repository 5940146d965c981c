#include "data/packages.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "data/glob.h"
#include "data/manifest.h"
#include "data/process.h"
#include "data/progress.h"

#include <chrono>
#include <optional>
#include <thread>

namespace lx {
namespace {

bool is_local_package(const std::string& name) { return name.ends_with(".deb"); }

// The one .deb in a folder of the cache; its name is NAME_VERSION_ARCHITECTURE.deb with ':' written as %3a.
std::optional<Package> package_in(const fs::path& folder, const std::string& name) {
  if (!fs::is_directory(folder)) return std::nullopt;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".deb") continue;
    const std::vector<std::string> words = lx::split(entry.path().stem().string(), '_');
    std::string version = words.size() > 1 ? words[1] : "";
    if (const size_t colon = version.find("%3a"); colon != std::string::npos) version.replace(colon, 3, ":");
    return Package{name, version, entry.path()};
  }
  return std::nullopt;
}

std::string control_value(const std::string& control, const std::string& key) {
  for (const std::string& line : lx::split(control, '\n')) {
    if (line.starts_with(key + ": ")) return line.substr(key.size() + 2);
  }
  return "";
}

// What lies below a folder while another program fills it: names may vanish between two looks.
uint64_t bytes_below(const fs::path& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const uint64_t size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

bool apt_has_lists() {
  for (const fs::path& file : find_folders("/var/lib/apt", "lists")) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(file, error)) {
      if (entry.path().filename().string().find("_Packages") != std::string::npos) return true;
    }
  }
  return false;
}

Package download(const std::string& name, const std::string& control, const fs::path& folder) {
  const std::string size = control_value(control, "Size"), version = control_value(control, "Version");
  const uint64_t bytes = size.empty() ? 0 : std::stoull(size);
  log::info("downloading {} {} ({})", name, version, format_bytes(bytes));
  PendingFolder pending(folder);
  {
    Progress progress("downloading " + name);
    const ProgramResult apt = run_program({"apt-get", "download", "-q", name}, pending.part(), [&] {
      progress.show([&] { return format_bytes(bytes_below(pending.part())) + " of " + format_bytes(bytes); });
    });
    if (!apt.ok()) {
      std::string why = apt.last_error();
      for (const std::string& line : lx::split(apt.errors, '\n')) {
        if (line.starts_with("E: ") && line.find("Unable to fetch some") == std::string::npos) why = line;
      }
      fail("cannot download the package {}: {} (try: sudo apt-get update)", name, why);
    }
  }
  const std::optional<Package> found = package_in(pending.part(), name);
  require(found.has_value(), "apt-get download {} gave no .deb file", name);
  std::error_code ignored;
  fs::permissions(found->file, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read, ignored);
  pending.commit();
  return *package_in(folder, name);
}

}  // namespace

FileLock wait_for_lock(const fs::path& path, const std::string& what) {
  for (bool told = false;; told = true) {
    if (std::optional<FileLock> lock = FileLock::try_lock(path)) return std::move(*lock);
    if (!told) log::info("waiting for another lx that is at work on {}", what);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

Package get_package(const std::string& names, const fs::path& cache) {
  const std::vector<std::string> all = alternatives(names);
  const fs::path folder = cache / "packages";
  const auto cached = [&]() -> std::optional<Package> {
    for (const std::string& name : all) {
      if (is_local_package(name)) {
        if (fs::is_regular_file(name)) return Package{fs::path(name).stem().string(), "", fs::absolute(name)};
      } else if (std::optional<Package> found = package_in(folder / name, name)) {
        return found;
      }
    }
    return std::nullopt;
  };
  if (std::optional<Package> found = cached()) return *found;
  require(!is_local_package(all.back()), "there is no file {}", all.back());
  require(program_exists("apt-get") && program_exists("apt-cache"),
          "the package {} is needed and this machine has no apt-get: use text of your own (data=path data.path=FOLDER) "
          "or data=synthetic",
          all[0]);
  const FileLock lock = wait_for_lock(folder / (all[0] + ".lock"), "the package " + all[0]);
  if (std::optional<Package> found = cached()) return *found;
  for (const std::string& name : all) {
    if (is_local_package(name)) continue;
    const ProgramResult known = run_program({"apt-cache", "show", "--no-all-versions", name});
    if (known.ok() && !control_value(known.output, "Filename").empty()) {
      return download(name, known.output, folder / name);
    }
  }
  if (!apt_has_lists())
    fail("the package {} cannot be had because apt has no package lists: sudo apt-get update", all[0]);
  if (all.size() == 1) fail("apt does not know the package {}: sudo apt-get update, or check its sources", all[0]);
  fail("apt knows none of the packages {}: sudo apt-get update, or check its sources", join(all, ", "));
}

void unpack_package(const Package& package, const std::string& pattern, const fs::path& into) {
  for (const char* program : {"dpkg-deb", "tar", "bash"}) {
    require(program_exists(program), "cannot unpack {}: this machine has no {}", shown(package.file), program);
  }
  make_folders(into);
  // Only what is asked for: linux-doc holds 160 MB of HTML beside the text. tar knows no {a,b}, so it gets what stands
  // before that; its * crosses folders. File names reach bash as arguments and are never read as commands.
  const std::string front = "./" + pattern.substr(0, pattern.find('{'));
  const bool whole = front.size() == pattern.size() + 2;
  std::vector<std::string> command{
      "bash",
      "-o",
      "pipefail",
      "-c",
      R"(dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" --no-same-owner --wildcards -- "$2")",
      package.file.string(),
      into.string(),
      pattern.empty() ? "./*"
      : whole         ? front
                      : front + "*"};
  Progress progress("unpacking " + package.name);
  const ProgramResult result =
      run_program(command, {}, [&] { progress.show([&] { return format_bytes(bytes_below(into)); }); });
  const auto said = [&](const char* words) { return result.errors.find(words) != std::string::npos; };
  require(said("dpkg-deb: error") || !said("Not found in archive"), "the package {} {} has no {}", package.name,
          package.version, pattern);
  require(result.ok(), "cannot unpack {}: {} (if it is damaged, remove it and try again)", shown(package.file),
          result.last_error());
}

void unpack_archive(const fs::path& folder, const std::string& pattern, const std::vector<std::string>& members,
                    const fs::path& into) {
  const std::vector<std::string> found = find_files(folder, std::vector<std::string>{pattern}, {});
  require(found.size() == 1, "{} files match the archive pattern '{}', and it must be one", found.size(), pattern);
  make_folders(into);
  std::vector<std::string> command{
      "tar", "-xf", (folder / found[0]).string(), "-C", into.string(), "--strip-components=1", "--no-same-owner"};
  if (!members.empty()) {
    for (const char* option : {"--wildcards", "--no-wildcards-match-slash", "--"}) command.emplace_back(option);
    command.insert(command.end(), members.begin(), members.end());
  }
  Progress progress("unpacking " + fs::path(found[0]).filename().string());
  const ProgramResult result =
      run_program(command, {}, [&] { progress.show([&] { return format_bytes(bytes_below(into)); }); });
  require(result.ok(), "cannot unpack {}: {}", found[0], result.last_error());
}

}  // namespace lx
