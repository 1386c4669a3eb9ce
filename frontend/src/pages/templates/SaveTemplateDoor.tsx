import { useNavigate } from "@tanstack/react-router";
import { SaveTemplateDialog } from "../../features/templates/SaveTemplateDialog";
import { toast } from "../../ui/toasts";

interface SaveTemplateDoorProps {
  readonly tenant: string;
  readonly workflow: { readonly id: string; readonly name: string };
  readonly onClose: () => void;
}

/** The dialog, and afterwards the way to what was saved. */
export function SaveTemplateDoor({ tenant, workflow, onClose }: SaveTemplateDoorProps) {
  const navigate = useNavigate();
  return (
    <SaveTemplateDialog
      tenant={tenant} workflow={workflow} onClose={onClose}
      onSaved={(template) => {
        onClose();
        toast.success(`${template.title} is a template now.`, {
          action: { label: "Show it", onClick: () => void navigate({ to: "/t/$tenant/templates/$template", params: { tenant, template: template.id } }) },
        });
      }}
    />
  );
}
