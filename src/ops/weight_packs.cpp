#include "ops/weight_packs.h"

#include "base/profile.h"
#include "ops/onednn.h"
#include "ops/product.h"

#include <ATen/ATen.h>
#include <c10/util/intrusive_ptr.h>

#include <atomic>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

namespace lx {
namespace {

class WeightPacks {
 public:
  static WeightPacks& all() {
    static WeightPacks packs;
    return packs;
  }

  static inline std::atomic<uint64_t> epoch = 0;  // of weights_changed()

  dnnl::memory find(const Tensor& weight, PackFor purpose) {
    // A tensor made in inference mode counts no versions: nobody could tell when it changed.
    if (weight.is_inference()) return fill(weight, make(weight, purpose), purpose);
    const std::scoped_lock lock(mutex_);
    const uint64_t now = epoch.load(std::memory_order_acquire);
    const Key key{weight.data_ptr(),        weight.size(0),   weight.size(1),
                  weight.stride(0),         weight.stride(1), static_cast<int>(weight.scalar_type()),
                  static_cast<int>(purpose)};
    auto it = packs_.find(key);
    if (it == packs_.end() || it->second.epoch != now) forget_the_dead();
    it = packs_.find(key);
    // Memory that was freed and given to another weight has another storage.
    if (it != packs_.end() && it->second.storage != weight.storage().unsafeGetStorageImpl()) {
      packs_.erase(it);
      it = packs_.end();
    }
    const auto version = static_cast<int64_t>(weight._version());
    if (it == packs_.end()) {
      it = packs_.emplace(key, Pack(weight, fill(weight, make(weight, purpose), purpose))).first;
    } else if (it->second.version != version || it->second.epoch != now) {
      fill(weight, it->second.memory, purpose);
    }
    it->second.version = version;
    it->second.epoch = now;
    return it->second.memory;
  }

  int64_t count() {
    const std::scoped_lock lock(mutex_);
    forget_the_dead();
    return static_cast<int64_t>(packs_.size());
  }

 private:
  using Key = std::tuple<void*, int64_t, int64_t, int64_t, int64_t, int, int>;
  using WeakStorage = c10::weak_intrusive_ptr<c10::StorageImpl>;

  struct Pack {
    Pack(const Tensor& weight, dnnl::memory filled)
        : storage(weight.storage().unsafeGetStorageImpl()),
          alive(weight.storage().getWeakStorageImpl()),
          memory(std::move(filled)) {}
    const c10::StorageImpl* storage;
    WeakStorage alive;  // while it stands, no other storage has this address
    dnnl::memory memory;
    int64_t version = 0;
    uint64_t epoch = 0;
  };

  void forget_the_dead() {
    for (auto it = packs_.begin(); it != packs_.end();) it = it->second.alive.expired() ? packs_.erase(it) : ++it;
  }

  /// The layout depends on the weight alone, not on how many rows meet it: one token read and whole batches share it.
  static dnnl::memory make(const Tensor& weight, PackFor purpose) {
    using dnnl::memory;
    constexpr int64_t kRows = 4096;
    const bool forward = purpose == PackFor::forward;
    const int64_t inner = weight.size(forward ? 1 : 0), outer = weight.size(forward ? 0 : 1);
    const memory::desc any({inner, outer}, memory::data_type::bf16, memory::format_tag::any);
    const onednn::Matmul probe(
        {onednn::dense(kRows, inner, at::kBFloat16), any, onednn::dense(kRows, outer, at::kBFloat16), std::nullopt});
    return {probe.layout(), onednn::engine()};
  }

  static dnnl::memory fill(const Tensor& weight, dnnl::memory into, PackFor purpose) {
    using dnnl::memory;
    const Timed part("weight packs");
    // First to bfloat16 as it lies, then to the layout: oneDNN is slower at both in one.
    const Tensor plain = weight.detach().to(at::kBFloat16).contiguous();
    const int64_t outputs = plain.size(0), inputs = plain.size(1);
    const memory::desc as_it_lies =
        purpose == PackFor::forward ? memory::desc({inputs, outputs}, memory::data_type::bf16, memory::dims{1, inputs})
                                    : onednn::dense(outputs, inputs, at::kBFloat16);
    memory from(as_it_lies, onednn::engine(), plain.data_ptr());
    dnnl::reorder(from, into).execute(onednn::stream(), from, into);
    onednn::stream().wait();
    return into;
  }

  std::mutex mutex_;
  std::map<Key, Pack> packs_;
};

}  // namespace

void weights_changed() { WeightPacks::epoch.fetch_add(1, std::memory_order_acq_rel); }
dnnl::memory packed_weight(const Tensor& weight, PackFor purpose) { return WeightPacks::all().find(weight, purpose); }
int64_t pack_count() { return WeightPacks::all().count(); }

}  // namespace lx
