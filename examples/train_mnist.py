"""Train a convolutional network to recognise handwritten digits: `python examples/train_mnist.py`.

This takes a few minutes on a laptop. With --limit 5000 it trains only on the first 5,000 digits, which takes seconds.
The program prints the loss every 100 batches and the accuracy after every epoch, plots the accuracies in accuracy.png,
and saves the weights in mnist_cnn.pth. If MNIST is not in the folder `data`, the program downloads it.
"""

import argparse

import matplotlib
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

matplotlib.use("Agg")  # draw into files, not into windows
from matplotlib import pyplot as plt

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--limit", type=int, help="train and test on the first LIMIT digits only")
parser.add_argument("--data", default="data", help="folder for MNIST")
options = parser.parse_args()


class CNN(nn.Module):
    """Convolution, ReLU and pooling, all twice, then two dense layers."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3),  #  1×28×28 -> 32×26×26
            nn.ReLU(),
            nn.MaxPool2d(2),  #                          -> 32×13×13
            nn.Conv2d(32, 64, kernel_size=3),  #         -> 64×11×11
            nn.ReLU(),
            nn.MaxPool2d(2),  #                          -> 64×5×5
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  #                             -> 1600
            nn.Linear(64 * 5 * 5, 128),
            nn.ReLU(),
            nn.Linear(128, 10),  #                       -> a logit for each digit
        )

    def forward(self, images):
        return self.classifier(self.features(images))


def train(model, loader, optimizer, epoch):
    """Train for one epoch: show the model every image once, and change its weights a little after each batch."""
    model.train()
    for step, (images, labels) in enumerate(loader):
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()  # forget the gradients of the last batch
        loss = F.cross_entropy(model(images), labels)  # includes softmax
        loss.backward()  # the gradient of the loss with respect to every weight
        optimizer.step()  # a small step downhill
        if step % 100 == 0:
            done = f"{step * len(images)} of {len(loader.dataset)} images"
            print(f"Epoch {epoch}, {done}: loss {loss.item():.4f}", flush=True)


def test(model, loader):
    """Return the accuracy: the fraction of images whose digits the model predicts correctly."""
    model.eval()
    correct = 0
    with torch.no_grad():  # testing needs no gradients
        for images, labels in loader:
            predictions = model(images.to(device)).argmax(dim=1)
            correct += (predictions == labels.to(device)).sum().item()
    return correct / len(loader.dataset)


torch.manual_seed(0)  # every run has the same initial weights and the same order of images
device = "cuda" if torch.cuda.is_available() else "cpu"
prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
digits = [datasets.MNIST(options.data, train=part, download=True, transform=prepare) for part in (True, False)]
if options.limit:
    digits = [Subset(part, range(min(options.limit, len(part)))) for part in digits]
training = DataLoader(digits[0], batch_size=64, shuffle=True)
testing = DataLoader(digits[1], batch_size=1000)

model = CNN().to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
accuracies = []
for epoch in range(1, options.epochs + 1):
    train(model, training, optimizer, epoch)
    accuracies.append(test(model, testing))
    print(f"Epoch {epoch}: {accuracies[-1]:.2%} of {len(testing.dataset)} test digits are correct", flush=True)

plt.plot(range(1, options.epochs + 1), accuracies, marker="o")
plt.xlabel("Epoch")
plt.ylabel("Accuracy on the test digits")
plt.savefig("accuracy.png")

torch.save({key: weights.cpu() for key, weights in model.state_dict().items()}, "mnist_cnn.pth")
print("Saved: accuracy.png, mnist_cnn.pth")
