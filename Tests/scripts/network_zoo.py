"""The networks of networks.py: small ones of the architectures that torchvision and Hugging Face have."""

import warnings

import torch
import transformers
from torch import nn
from torchvision.models import GoogLeNet, convnext, densenet, efficientnet, mnasnet, mobilenet, regnet, resnet, shufflenetv2
from torchvision.models import squeezenet, swin_transformer, vgg, video, vision_transformer

CLASSES = 5


def ready(network):
    """In float64 and evaluation mode, with statistics and weights as after some training."""
    network = network.double().eval()
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        if isinstance(module, (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)) and module.weight is not None:
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.normal_(module.bias, std=0.2)
    for parameter in network.parameters():
        # An exporter takes tensors with equal values for one.
        if (parameter == parameter.flatten()[0]).all():
            parameter.data += 0.2 * torch.randn_like(parameter)
    return network


def images(make, size, count=3, frames=()):
    def problem():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = ready(make())
        return network, torch.randn(count, 3, *frames, size, size, dtype=torch.float64), torch.randint(0, CLASSES, (count,))

    return problem


class Logits(nn.Module):
    """A language model as a function from tokens to logits."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, tokens):
        options = {}
        if getattr(self.model.config, "use_cache", None) is not None and hasattr(self.model, "prepare_inputs_for_generation"):
            # Given a mask, a decoder does not look for several texts in one row, which TorchScript cannot export.
            options = {"use_cache": False, "attention_mask": torch.ones_like(tokens)}
        return self.model(input_ids=tokens, **options).logits


class EncoderHead(nn.Module):
    """An encoder with a linear classifier of each position."""

    def __init__(self, encoder, width):
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(width, CLASSES)

    def forward(self, tokens):
        return self.head(self.encoder(input_ids=tokens).last_hidden_state)


VOCABULARY = 29


def text(make, count=2, length=7, classes=VOCABULARY):
    def problem():
        network = ready(make())
        for name, parameter in network.named_parameters():
            # Initial weights of language models are so small that their curvature is that of a linear model.
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.3)
        # The first few tokens are padding in some architectures, for which PyTorch leaves out the embedding's gradient.
        return network, torch.randint(4, VOCABULARY, (count, length)), torch.randint(0, classes, (count, length))

    return problem


def language(architecture, configuration, **options):
    return text(lambda: Logits(architecture(configuration(vocab_size=VOCABULARY, attn_implementation="eager", **options))))


def efficient():
    settings, channels = efficientnet._efficientnet_conf("efficientnet_b0", width_mult=0.25, depth_mult=0.5)
    return efficientnet.EfficientNet(settings, dropout=0.2, last_channel=channels or 64, num_classes=CLASSES)


def small_vgg():
    layers = vgg.make_layers([8, "M", 16, "M", 24, 24, "M", 32, 32, "M", 512, "M"])
    network = vgg.VGG(layers, num_classes=CLASSES)
    # The constructor's own classifier has a hundred million parameters whatever the features are.
    network.avgpool = nn.AdaptiveAvgPool2d(1)
    network.classifier = nn.Sequential(nn.Linear(512, 16), nn.ReLU(True), nn.Dropout(), nn.Linear(16, CLASSES))
    return network


def small_convnext():
    block = convnext.CNBlockConfig
    return convnext.ConvNeXt([block(8, 16, 1), block(16, 24, 1), block(24, None, 2)], num_classes=CLASSES)


def small_regnet():
    parameters = regnet.BlockParams.from_init_params(depth=4, w_0=8, w_a=8, w_m=2.0, group_width=8, se_ratio=0.25)
    return regnet.RegNet(parameters, num_classes=CLASSES, stem_width=8)


class Recurrent(nn.Module):
    """A recurrent network with a classifier of its last position."""

    def __init__(self, kind, layers=1, bidirectional=False):
        super().__init__()
        self.body = kind(3, 4, num_layers=layers, bidirectional=bidirectional, batch_first=True)
        self.head = nn.Linear(4 * (1 + bidirectional), CLASSES)

    def forward(self, x):
        return self.head(self.body(x)[0][:, -1])


def recurrent(*arguments):
    def problem():
        network = ready(Recurrent(*arguments))
        return network, torch.randn(4, 5, 3, dtype=torch.float64), torch.randint(0, CLASSES, (4,))

    return problem


transformer = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24, "max_position_embeddings": 16}
grouped = {**transformer, "num_key_value_heads": 2, "pad_token_id": 0}

NETWORKS = {
    "RNN": recurrent(nn.RNN),
    "GRU, both ways": recurrent(nn.GRU, 1, True),
    "LSTM, two layers": recurrent(nn.LSTM, 2),
    "resnet18 (one block a stage)": images(lambda: resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1], num_classes=CLASSES), 32),
    "resnet50 (one block a stage, width 8)": images(
        lambda: resnet.ResNet(resnet.Bottleneck, [1, 1, 1, 1], num_classes=CLASSES, groups=2, width_per_group=8), 32),
    "densenet121 (growth 8, blocks of 2)": images(
        lambda: densenet.DenseNet(growth_rate=8, block_config=(2, 2, 2, 2), num_init_features=16, num_classes=CLASSES), 32),
    "mobilenet_v2 (width 0.25)": images(lambda: mobilenet.mobilenet_v2(width_mult=0.25, num_classes=CLASSES), 32),
    "mobilenet_v3_small (width 0.25)": images(lambda: mobilenet.mobilenet_v3_small(width_mult=0.25, num_classes=CLASSES), 32),
    "efficientnet_b0 (width 0.25)": images(efficient, 32),
    "shufflenet_v2": images(lambda: shufflenetv2.ShuffleNetV2([2, 2, 2], [8, 16, 32, 64, 64], num_classes=CLASSES), 32),
    "squeezenet1_1": images(lambda: squeezenet.squeezenet1_1(num_classes=CLASSES), 32),
    "regnet_y": images(small_regnet, 32),
    "mnasnet (0.25)": images(lambda: mnasnet.MNASNet(0.25, num_classes=CLASSES), 32),
    "googlenet": images(lambda: GoogLeNet(num_classes=CLASSES, aux_logits=False, init_weights=True), 32, count=2),
    "vgg11 (narrow)": images(small_vgg, 32),
    "convnext (narrow)": images(small_convnext, 32),
    "swin_t (narrow)": images(
        lambda: swin_transformer.SwinTransformer([4, 4], embed_dim=8, depths=[2, 2], num_heads=[1, 2], window_size=[4, 4], num_classes=CLASSES),
        32),
    "swin_v2_t (narrow)": images(
        lambda: swin_transformer.SwinTransformer(
            [4, 4], embed_dim=8, depths=[2, 2], num_heads=[1, 2], window_size=[4, 4], num_classes=CLASSES,
            block=swin_transformer.SwinTransformerBlockV2, downsample_layer=swin_transformer.PatchMergingV2), 32),
    "vit_b_16 (2 layers, width 16)": images(
        lambda: vision_transformer.VisionTransformer(
            image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=CLASSES), 32),
    "r3d_18 (one block a stage), video": images(
        lambda: video.resnet.VideoResNet(
            video.resnet.BasicBlock, [video.resnet.Conv3DSimple] * 4, [1, 1, 1, 1], video.resnet.BasicStem, num_classes=CLASSES),
        16, count=2, frames=(4,)),
    "BERT, tied head": language(transformers.BertForMaskedLM, transformers.BertConfig, **transformer),
    "BERT, untied head": language(transformers.BertForMaskedLM, transformers.BertConfig, **transformer, tie_word_embeddings=False),
    "DistilBERT": language(
        transformers.DistilBertForMaskedLM, transformers.DistilBertConfig, dim=16, n_layers=2, n_heads=4, hidden_dim=24, max_position_embeddings=16),
    "RoBERTa": language(transformers.RobertaForMaskedLM, transformers.RobertaConfig, **transformer),
    "ALBERT": language(transformers.AlbertForMaskedLM, transformers.AlbertConfig, **transformer, embedding_size=12),
    "GPT-2, tied head": language(transformers.GPT2LMHeadModel, transformers.GPT2Config, n_embd=16, n_layer=2, n_head=4, n_positions=16),
    "GPT-2, untied head": language(
        transformers.GPT2LMHeadModel, transformers.GPT2Config, n_embd=16, n_layer=2, n_head=4, n_positions=16, tie_word_embeddings=False),
    "Llama, grouped queries, untied": language(transformers.LlamaForCausalLM, transformers.LlamaConfig, **grouped),
    "Llama, grouped queries, tied": language(transformers.LlamaForCausalLM, transformers.LlamaConfig, **grouped, tie_word_embeddings=True),
    "Qwen2": language(transformers.Qwen2ForCausalLM, transformers.Qwen2Config, **grouped),
    "Mistral, window of 4": language(transformers.MistralForCausalLM, transformers.MistralConfig, **grouped, sliding_window=4),
    "Gemma": language(transformers.GemmaForCausalLM, transformers.GemmaConfig, **grouped, head_dim=8),
    "T5 encoder": text(
        lambda: EncoderHead(
            transformers.T5EncoderModel(
                transformers.T5Config(vocab_size=VOCABULARY, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, attn_implementation="eager")),
            16),
        classes=CLASSES),
}
