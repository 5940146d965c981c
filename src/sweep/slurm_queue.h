// What Slurm knows of the cells of a sweep, and our notes of what was submitted.
//   <sweep>/slurm/JOB.json   which cells the array job JOB was given
//   <sweep>/slurm/JOB.sh     its script
#pragma once

#include "sweep/folder.h"
#include "sweep/slurm_script.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lx {

struct SlurmTask {
  std::string job;      // "12_3"
  std::string state;    // as squeue writes it: PENDING, RUNNING, CANCELLED ...; "" when Slurm has forgotten the task
  std::string reason;   // why it waits
  bool active = false;  // it waits, runs, or is on its way from one to the other

  fs::path log(const SweepFolder& folder) const { return folder.logs() / (job + ".log"); }
};

/// The newest task of every cell of a sweep of `cells` that was ever submitted, with one question to squeue (and one to
/// sacct, where there is one, for tasks that squeue has forgotten). Throws MachineError when Slurm does not answer.
std::map<int64_t, SlurmTask> slurm_tasks(const SweepFolder& folder, int64_t cells);

/// Why a cell whose task is over is not done: "its task 12_3 ended (TIMEOUT)".
std::string lost_task_text(const SlurmTask& task);

/// Were cells of this sweep ever submitted to Slurm?
bool has_slurm_notes(const SweepFolder& folder);

/// Keeps what was submitted. A disk that is full keeps nothing and stops nothing: jobs are known by their names, too.
void note_slurm_job(const SweepFolder& folder, const std::string& job, const SlurmBatch& batch);

/// Indices of arrays are below this number (MaxArraySize). Throws MachineError when Slurm does not answer.
int64_t slurm_array_limit();

/// Where lx keeps its files about Slurm.
fs::path slurm_folder(const SweepFolder& folder);

}  // namespace lx
