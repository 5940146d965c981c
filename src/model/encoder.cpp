// The encoder alone: every token sees every other, and those that were taken out of the text are to be found
// (masked language model; Devlin et al. 2019).
#include "base/error.h"
#include "model/model_registry.h"
#include "model/one_stack.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

class Encoder final : public OneStack {
 public:
  Encoder(const Config& config, const ModelParts& parts, const std::string&) : OneStack(config, parts, Sight::all) {}

  bool answers(Asks asked) const override { return asked == Asks::masked; }
  bool depends_on_context() const override { return false; }  // it reads a text as a whole, whatever its length

  Tensor hidden(const Batch& batch, Memories* memories) override {
    require(!memories, "an encoder reads a text as a whole and writes none: it cannot go on from a memory");
    return OneStack::hidden(batch, nullptr);
  }

  Work work(const Batch& batch, const Past&) const override {
    Work work = OneStack::work(batch, {});
    work.kept = 0;  // it has no memory
    return work;
  }

  std::vector<std::string> remarks() const override {
    if (!trunk().bag_of_words(true)) return {};
    return {"nothing tells the tokens their order (no position encoding in any layer): the text is a bag of words"};
  }

 protected:
  Visibility visibility(const Batch&) const override { return {.order = Order::all}; }
};

REGISTER_MODEL(Encoder, "encoder", "every token sees every other; finds masked tokens (MLM)",
               "BERT: Devlin 2019, arXiv 1810.04805");

}  // namespace
}  // namespace lx
