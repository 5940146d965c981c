#include "base/error.h"
#include "base/random.h"
#include "catch.h"
#include "train/ema.h"
#include "train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace lx;

namespace {

/// A parameter in plain numbers.
struct Plain {
  std::string name;
  std::vector<int64_t> shape;
  ParameterKind kind;
  bool decay;
  std::vector<double> value, gradient, m, v;
};

std::vector<Plain> plain_parameters() {
  std::vector<Plain> all{{"layer.weight", {3, 4}, ParameterKind::matrix, true, {}, {}, {}, {}},
                         {"embed.weight", {5, 2}, ParameterKind::embedding, false, {}, {}, {}, {}},
                         {"layer.bias", {4}, ParameterKind::vector, false, {}, {}, {}, {}},
                         {"norm.gain", {3}, ParameterKind::vector, false, {}, {}, {}, {}},
                         {"mixer.gamma_q", {2, 3}, ParameterKind::vector, false, {}, {}, {}, {}}};
  Random random(3);
  for (Plain& p : all) {
    int64_t size = 1;
    for (const int64_t n : p.shape) size *= n;
    for (int64_t i = 0; i < size; ++i) p.value.push_back(random.normal());
    p.gradient = p.m = p.v = std::vector<double>(p.value.size(), 0);
  }
  return all;
}

GroupRules plain_rules() { return {{"gamma"}, {"embed"}, false}; }

NamedTensors as_tensors(const std::vector<Plain>& plain) {
  NamedTensors named;
  for (const Plain& p : plain)
    named.emplace_back(p.name, at::tensor(p.value, at::kDouble).reshape(p.shape).set_requires_grad(true));
  return named;
}

config::Node settings(const std::string& name) {
  config::Node node{config::Map{}};
  node.set("name", name);
  return node;
}

/// Twenty steps with random gradients and changing rates: the rule and its scalar twin must agree.
void agree(const std::string& name, const std::function<void(Plain&, double rate, int step)>& twin) {
  std::vector<Plain> plain = plain_parameters();
  const NamedTensors named = as_tensors(plain);
  Parameters parameters(named, plain_rules());
  const auto optimizer = make_optimizer(settings(name), "train.optimizer", parameters);
  Random random(4);
  for (int step = 1; step <= 20; ++step) {
    const double rate = 0.01 * random.uniform();
    parameters.zero_gradients();
    for (size_t i = 0; i < plain.size(); ++i) {
      for (double& g : plain[i].gradient) g = random.normal();
      named[i].second.grad().copy_(at::tensor(plain[i].gradient, at::kDouble).reshape(plain[i].shape));
    }
    optimizer->step(rate);
    for (Plain& p : plain) twin(p, rate, step);
  }
  for (size_t i = 0; i < plain.size(); ++i) {
    CAPTURE(plain[i].name);
    const Tensor expected = at::tensor(plain[i].value, at::kDouble).reshape(plain[i].shape);
    CHECK(at::allclose(named[i].second, expected, 1e-12, 1e-13));
  }
}

double sign(double x) { return (x > 0) - (x < 0); }

}  // namespace

TEST_CASE("adamw equals its formula written out") {
  agree("adamw", [](Plain& p, double rate, int step) {
    for (size_t i = 0; i < p.value.size(); ++i) {
      p.m[i] = 0.9 * p.m[i] + 0.1 * p.gradient[i];
      p.v[i] = 0.95 * p.v[i] + 0.05 * p.gradient[i] * p.gradient[i];
      if (p.decay) p.value[i] -= rate * 0.1 * p.value[i];
      const double m = p.m[i] / (1 - std::pow(0.9, step)), v = p.v[i] / (1 - std::pow(0.95, step));
      p.value[i] -= rate * m / (std::sqrt(v) + 1e-8);
    }
  });
}

TEST_CASE("lion equals its formula written out") {
  agree("lion", [](Plain& p, double rate, int) {
    for (size_t i = 0; i < p.value.size(); ++i) {
      const double update = sign(0.9 * p.m[i] + 0.1 * p.gradient[i]);
      p.value[i] -= rate * (update + (p.decay ? 0.5 * p.value[i] : 0));
      p.m[i] = 0.99 * p.m[i] + 0.01 * p.gradient[i];
    }
  });
}

TEST_CASE("tiger equals its formula written out") {
  agree("tiger", [](Plain& p, double rate, int) {
    const size_t row = p.kind == ParameterKind::embedding ? static_cast<size_t>(p.shape.back()) : p.value.size();
    for (size_t begin = 0; begin < p.value.size(); begin += row) {
      double squares = 0;
      for (size_t i = begin; i < begin + row; ++i) squares += p.value[i] * p.value[i];
      const double size = p.kind == ParameterKind::vector ? 0.5 : std::sqrt(squares / static_cast<double>(row));
      for (size_t i = begin; i < begin + row; ++i) {
        p.m[i] = 0.965 * p.m[i] + 0.035 * p.gradient[i];
        p.value[i] -= rate * size * (sign(p.m[i]) + (p.decay ? 0.01 * p.value[i] : 0));
      }
    }
  });
}

TEST_CASE("tiger draws a parameter with a gradient that is not finite towards its neutral value") {
  std::vector<Plain> plain = plain_parameters();
  const NamedTensors named = as_tensors(plain);
  Parameters parameters(named, plain_rules());
  const auto optimizer = make_optimizer(settings("tiger"), "train.optimizer", parameters);
  for (const size_t i : {0, 3}) named[i].second.grad().reshape(-1)[1] = std::numeric_limits<double>::quiet_NaN();
  optimizer->skip();
  const auto first = [&](size_t i) { return named[i].second.reshape(-1)[0].item<double>(); };
  CHECK(first(0) == Approx(0.99 * plain[0].value[0]));
  CHECK(first(3) == Approx((plain[3].value[0] - 1) * 0.99 + 1));
  CHECK(first(2) == plain[2].value[0]);
  for (const auto& [name, tensor] : optimizer->state()) CHECK(tensor.sum().item<double>() == 0);
}

TEST_CASE("decay groups follow dimension, names and the setting for embeddings") {
  const NamedTensors named = as_tensors(plain_parameters());
  for (const bool embeddings : {false, true}) {
    Parameters parameters(named, {{"gamma"}, {"embed"}, embeddings});
    std::vector<std::string> decayed;
    for (const ParameterGroup& group : parameters.groups())
      for (const Slot& slot : group.slots)
        if (group.decay) decayed.push_back(slot.name);
    CHECK(decayed == (embeddings ? std::vector<std::string>{"layer.weight", "embed.weight"}
                                 : std::vector<std::string>{"layer.weight"}));
    CHECK(parameters.count() == 12 + 10 + 4 + 3 + 6);
  }
  CHECK_THROWS_WITH(Parameters(named, {{"("}, {}, true}), Catch::Contains("'(' is not a regular expression"));
}

TEST_CASE("flat parameters keep their values, their handles and their gradients in place") {
  NamedTensors named = as_tensors(plain_parameters());
  named.emplace_back("tied", named[1].second);
  named.emplace_back("frozen", at::ones({2}, at::kDouble));
  const Tensor handle = named[0].second, before = handle.detach().clone();
  {
    Parameters parameters(named, plain_rules());
    CHECK(at::equal(handle, before));
    CHECK(parameters.count() == 35);
    for (int pass = 1; pass <= 2; ++pass) {
      (handle * handle).sum().backward();
      CHECK(at::allclose(handle.grad(), 2 * pass * before));
      parameters.check_layout();
    }
    CHECK(parameters.gradient_norm() == Approx((4 * before).norm().item<double>()));
    parameters.zero_gradients();
    CHECK(parameters.gradient_norm() == 0);
    named[2].second.mutable_grad() = at::zeros_like(named[2].second);
    CHECK_THROWS_WITH(parameters.check_layout(), Catch::Contains("'layer.bias' or its gradient was replaced"));
  }
  CHECK(at::equal(handle, before));
  CHECK_FALSE(handle.grad().defined());
  const Tensor shared = at::ones({4}, at::kDouble);
  CHECK_THROWS_WITH(Parameters({{"a", shared.narrow(0, 0, 2).detach().set_requires_grad(true)},
                                {"b", shared.narrow(0, 1, 2).detach().set_requires_grad(true)}},
                               {}),
                    Catch::Contains("'b' and 'a' share memory"));
}

TEST_CASE("an optimizer's state restores it") {
  const auto take_step = [](const NamedTensors& named, Optimizer& optimizer, uint64_t seed) {
    Random random(seed);
    for (const auto& [name, tensor] : named) tensor.grad().fill_(random.normal());
    optimizer.step(0.01);
  };
  for (const std::string& name : optimizers().names()) {
    CAPTURE(name);
    const NamedTensors named = as_tensors(plain_parameters()), copied = as_tensors(plain_parameters());
    Parameters parameters(named, plain_rules()), others(copied, plain_rules());
    const auto optimizer = make_optimizer(settings(name), "train.optimizer", parameters);
    const auto restored = make_optimizer(settings(name), "train.optimizer", others);
    for (uint64_t i = 0; i < 3; ++i) take_step(named, *optimizer, i);
    copy_strictly(optimizer->state(), restored->state(), "saved", "optimizer");
    {
      const at::NoGradGuard no_grad;
      for (size_t i = 0; i < named.size(); ++i) copied[i].second.copy_(named[i].second);
    }
    take_step(named, *optimizer, 9);
    take_step(copied, *restored, 9);
    for (size_t i = 0; i < named.size(); ++i) CHECK(at::equal(named[i].second, copied[i].second));
  }
}

TEST_CASE("the running average follows its formula and can be lent") {
  NamedTensors named{{"x", at::zeros({3}, at::kDouble).set_requires_grad(true)}};
  Parameters parameters(named, {});
  Ema ema(parameters, 0.3);
  double expected = 0;
  for (int step = 1; step <= 4; ++step) {
    const at::NoGradGuard no_grad;
    named[0].second.fill_(step);
    ema.update(step);
    const double decay = std::min(0.3, (1.0 + step) / (10.0 + step));
    expected = decay * expected + (1 - decay) * step;
  }
  CHECK(ema.state()[0].second[0].item<double>() == Approx(expected));
  {
    const Ema::Lent lent(&ema);
    CHECK(named[0].second[2].item<double>() == Approx(expected));
  }
  CHECK(named[0].second[2].item<double>() == 4);
}

TEST_CASE("an optimizer's settings are read strictly") {
  const NamedTensors named = as_tensors(plain_parameters());
  Parameters parameters(named, plain_rules());
  const auto refusal = [&](config::Node node) {
    try {
      make_optimizer(node, "train.optimizer", parameters);
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  CHECK_THAT(refusal(settings("adam")), Catch::Contains("there is no optimizer 'adam'; did you mean 'adamw'?"));
  CHECK_THAT(refusal(config::Node()), Catch::Contains("set train.optimizer.name"));
  config::Node node = settings("lion");
  node.set("learning_rate", 1.0);
  CHECK_THAT(refusal(node), Catch::Contains("learning_rate"));
}
